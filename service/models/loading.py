"""Loading: model names → models ready for the pipeline. Torch and spaCy load here, not before."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from service.errors import ModelCorrupt
from service.models.base import Chooser, Models, Writer
from service.models.registry import (
    MANIFEST,
    REMEDY,
    Kind,
    Located,
    entries,
    entry_folder,
    locate,
    server_address,
)
from service.secret import Secret

if TYPE_CHECKING:
    import torch

Dtype = Literal["auto", "bfloat16", "float32"]

T = TypeVar("T")


SHIPPED_CHECKER = "newsbrief-checker"
"""The checker in this package."""

BASE = "all-MiniLM-L6-v2"
"""The model of the registry to which the models in this package are differences."""

DEFAULT_WRITER = "Qwen2.5-Coder-1.5B-Instruct"

REMOTE_CONCURRENCY = 8
"""Prompts that a server of somebody else's is asked at once. Our own takes one after another."""


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which models to load, by registry name, local folder or hub name: see `registry`.

    The `writer` may also be a server, `https://host/v1#model`, or `newsbrief writer` on another machine,
    `http://host:8080/v1#newsbrief-writer`; with GGUF weights it is a server of our own, announced in `data_dir`. `dtype` is that of the models in this process: "auto"
    is bfloat16 where the processor multiplies it, which is 2.5 times faster there, and float32
    elsewhere. `threads` bounds torch's and the server's; without it torch decides, by
    OMP_NUM_THREADS and the cores it sees.
    """

    encoder: str = "all-MiniLM-L6-v2"
    parser: str = "en_core_web_sm"
    writer: str | None = DEFAULT_WRITER
    checker: str | None = SHIPPED_CHECKER
    model_dir: Path | None = None
    data_dir: Path | None = None
    dtype: Dtype = "auto"
    threads: int | None = None
    writer_key: Secret | None = None
    writer_deadline_s: float = 60
    writer_concurrency: int | None = None


@contextmanager
def opened(config: ModelConfig) -> Generator[Models]:
    """What `load` gives, with the writer that `config` names, and its server while it is used.

    Raises what `load` does, and `WriterUnavailable` for a server that does not come up.
    """
    with writer_server(config) as home:
        models = load(config)
        writer, support = _writers(config, home)
        yield msgspec.structs.replace(models, writer=writer, support=support)


@contextmanager
def writer_server(config: ModelConfig) -> Generator[Path | None]:
    """Keep the private server up where the writer needs one; gives the folder in which it is
    announced, None for another kind of writer. It is not waited for.

    Raises `ModelMissing`, and `WriterUnavailable` where it can't be announced.
    """
    from service.models.llama_server import llama_server, server_home, weights

    located = _located_writer(config)
    if located is None or (model := weights(located)) is None:
        yield None
        return
    with ExitStack() as stack:
        folder = config.data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home = server_home(folder, located)
        stack.enter_context(llama_server(model, home, config.threads, adapters=located.adapters))
        yield home


def verify(config: ModelConfig) -> None:
    """Read every file of the registry's models that `config` names, a second or two a gigabyte: other bytes
    may load, and would answer under the name of the right ones.

    Raises `ModelCorrupt`.
    """
    from service.models.pull import problem

    for name in dict.fromkeys((config.encoder, config.parser, config.writer, BASE)):
        if (entry := entries().get(name or "")) is None:
            continue
        folder = entry_folder(entry, config.model_dir)
        if (folder / MANIFEST).is_file() and (found := problem(entry, folder, verify=True)):
            raise ModelCorrupt(f"The {entry.kind} in {str(folder)!r}: {found}. {REMEDY}")


def load(config: ModelConfig) -> Models:
    """Load what `config` names, without its writer. Downloads nothing.

    Raises `ModelMissing` with the command to run, `ModelCorrupt` for files that can't be
    loaded, `ModelError` for a model that Newsbrief can't use.
    """
    from service.models.checker import load_checker
    from service.models.encoder import SentenceEncoder
    from service.models.parser import SpacyParser
    from service.models.reader import CrossReader

    encoder = locate(config.encoder, "encoder", config.model_dir)
    parser = locate(config.parser, "parser", config.model_dir)
    base = locate(BASE, "encoder", config.model_dir)
    shipped = config.checker == SHIPPED_CHECKER
    if shipped:
        checker = base
    else:
        checker = locate(config.checker, "checker", config.model_dir) if config.checker else None
    if config.threads is not None:
        import torch

        torch.set_num_threads(config.threads)
    dtype = torch_dtype(config.dtype)
    with quiet():
        return Models(
            encoder=_loaded("encoder", encoder, lambda it: SentenceEncoder.load(it, dtype)),
            parser=_loaded("parser", parser, SpacyParser.load),
            checker=_loaded("checker", checker, lambda it: load_checker(it, dtype, shipped=shipped))
            if checker
            else None,
            reader=_loaded("encoder", base, lambda it: CrossReader.load(it, dtype)),
        )


def _located_writer(config: ModelConfig) -> Located | None:
    """Where the writer's weights lie; None without a writer, and for a server of somebody else's."""
    if config.writer is None or server_address(config.writer):
        return None
    return locate(config.writer, "writer", config.model_dir)


def _writers(config: ModelConfig, home: Path | None) -> tuple[Writer | None, Chooser | None]:
    """The writer, ready to be asked, and its model as a reader of claims, where it was taught that and no
    other checker is asked for. `home` is where its private server is announced."""
    from service.models.http_writer import remote_writer
    from service.models.llama_server import private_reader, private_writer
    from service.models.shared_writer import WRITER, shared_writers

    if config.writer is None:
        return None, None
    reader = None
    if (address := server_address(config.writer)) is not None:
        base, model = address
        key = config.writer_key.text if config.writer_key else None
        if model == WRITER:
            writer, reader = shared_writers(base, key)
        else:
            many = config.writer_concurrency or REMOTE_CONCURRENCY
            deadline_s = config.writer_deadline_s
            writer = remote_writer(base, model, key, concurrency=many, deadline_s=deadline_s)
    else:
        located = locate(config.writer, "writer", config.model_dir)
        if home is None:
            return _in_process(located, config), None
        writer = private_writer(located, home, deadline_s=config.writer_deadline_s)
        reader = private_reader(located, home, deadline_s=config.writer_deadline_s)
    writer.probe()
    return writer, reader if config.checker == SHIPPED_CHECKER else None


def _in_process(located: Located, config: ModelConfig) -> Writer:
    from service.models.writer import load_writer

    dtype = torch_dtype(config.dtype)
    with quiet():
        return _loaded("writer", located, lambda it: load_writer(it, dtype))


def _loaded(kind: Kind, located: Located, load_it: Callable[[Located], T]) -> T:
    """What `load_it` gives; whatever a library makes of bad files becomes one clear error."""
    from safetensors import SafetensorError

    try:
        return load_it(located)
    except (
        *(OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError),
        SafetensorError,
    ) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelCorrupt(
            f"The {kind} in {str(located.path)!r} can't be loaded ({said[0][:200]})."
            f" {located.remedy}"
        ) from error


def torch_dtype(name: Dtype) -> torch.dtype:
    import torch

    if name == "auto":
        return torch.bfloat16 if _multiplies_bfloat16() else torch.float32
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def _multiplies_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 itself; elsewhere it is emulated, slowly.

    torch has no public name for it in all the versions that we allow.
    """
    import torch

    return any(
        getattr(torch.cpu, name, bool)()
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )


@contextmanager
def quiet() -> Generator[None]:
    """Loading without the libraries' own progress bars and notices on our stderr."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.set_verbosity(level)
            if bars:
                logging.enable_progress_bar()
