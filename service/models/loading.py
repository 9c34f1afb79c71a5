"""Loading: model names → models ready for the pipeline. Torch and spaCy load here, not before."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import msgspec

from service.errors import ModelCorrupt
from service.models.base import Models
from service.models.registry import Kind, Located, locate

if TYPE_CHECKING:
    import torch

Dtype = Literal["auto", "bfloat16", "float32"]

T = TypeVar("T")


SHIPPED_CHECKER = "newsbrief-checker"
SHIPPED_WRITER = "newsbrief-writer"
"""The models in this package: differences to models of the registry, which are their bases."""

BASES = {SHIPPED_CHECKER: "all-MiniLM-L6-v2", SHIPPED_WRITER: "SmolLM2-135M-Instruct"}


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which models to load, by registry name, local folder or hub name: see `registry`.

    `dtype` is the writer's and the encoder's: "auto" is bfloat16 where the processor
    multiplies it, which is 2.5 times faster there, and float32 elsewhere. `threads` bounds
    torch's; without it torch decides, by OMP_NUM_THREADS and the cores it sees.
    """

    encoder: str = "all-MiniLM-L6-v2"
    parser: str = "en_core_web_sm"
    writer: str | None = SHIPPED_WRITER
    checker: str | None = SHIPPED_CHECKER
    model_dir: Path | None = None
    dtype: Dtype = "auto"
    threads: int | None = None


def load(config: ModelConfig, *, writer: bool = True) -> Models:
    """Load what `config` names, without its writer if `writer` is false. Downloads nothing.

    Raises `ModelMissing` with the command to run, `ModelCorrupt` for files that can't be
    loaded, `ModelError` for a model that Newsbrief can't use.
    """
    from service.models.checker import load_checker
    from service.models.encoder import SentenceEncoder
    from service.models.parser import SpacyParser
    from service.models.writer import load_writer

    encoder = locate(config.encoder, "encoder", config.model_dir)
    parser = locate(config.parser, "parser", config.model_dir)
    tuned = config.writer == SHIPPED_WRITER
    name = BASES[SHIPPED_WRITER] if tuned else config.writer
    written = locate(name, "writer", config.model_dir) if name else None
    shipped = config.checker == SHIPPED_CHECKER
    if shipped:
        checker = locate(BASES[SHIPPED_CHECKER], "encoder", config.model_dir)
    else:
        checker = locate(config.checker, "checker", config.model_dir) if config.checker else None
    if config.threads is not None:
        import torch

        torch.set_num_threads(config.threads)
    dtype = _dtype(config.dtype)
    with quiet():
        return Models(
            encoder=_loaded("encoder", encoder, lambda it: SentenceEncoder.load(it, dtype)),
            parser=_loaded("parser", parser, SpacyParser.load),
            writer=_loaded("writer", written, lambda it: load_writer(it, dtype, shipped=tuned))
            if writer and written
            else None,
            checker=_loaded("checker", checker, lambda it: load_checker(it, dtype, shipped=shipped))
            if checker
            else None,
        )


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


def _dtype(name: Dtype) -> torch.dtype:
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
