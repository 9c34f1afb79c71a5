"""Loading: model names → models ready for the pipeline. Torch and spaCy load here, not before."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from service.errors import ModelError
from service.models.base import Models
from service.models.registry import locate

if TYPE_CHECKING:
    import torch

Dtype = Literal["auto", "bfloat16", "float32"]


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Which models to load, by registry name, local folder or hub name.

    `dtype` is the writer's: "auto" is bfloat16 where the processor has it, which is 2.5
    times faster there, and float32 elsewhere. `threads` bounds torch's.
    """

    encoder: str = "all-MiniLM-L6-v2"
    parser: str = "en_core_web_sm"
    writer: str | None = "SmolLM2-135M-Instruct"
    checker: str | None = None
    model_dir: Path | None = None
    dtype: Dtype = "auto"
    threads: int | None = None


def load(config: ModelConfig) -> Models:
    """Load what `config` names. Raises `ModelMissing` or `ModelError`; downloads nothing."""
    from service.models.encoder import SentenceEncoder
    from service.models.parser import SpacyParser
    from service.models.writer import load_writer

    if config.checker is not None:
        raise ModelError(
            f"No entailment model can be loaded yet, so {config.checker[:80]!r} can't be the"
            " checker. Leave NEWSBRIEF_CHECKER unset: the rules decide alone."
        )
    _set_threads(config.threads)
    with quiet():
        return Models(
            encoder=SentenceEncoder.load(locate(config.encoder, "encoder", config.model_dir)),
            parser=SpacyParser.load(locate(config.parser, "parser", config.model_dir)),
            writer=None
            if config.writer is None
            else load_writer(
                locate(config.writer, "writer", config.model_dir), _dtype(config.dtype)
            ),
        )


def _set_threads(threads: int | None) -> None:
    import torch

    torch.set_num_threads(threads or os.cpu_count() or 1)


def _dtype(name: Dtype) -> torch.dtype:
    import torch

    if name == "auto":
        return torch.bfloat16 if _has_bfloat16() else torch.float32
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def _has_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 itself; elsewhere it is emulated, slowly."""
    import torch

    return torch.cuda.is_available() or any(
        getattr(torch.cpu, name, bool)()
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported", "_is_arm_sve_supported")
    )


@contextmanager
def quiet() -> Generator[None]:
    """Loading without the libraries' own progress bars and notices on our stderr."""
    from transformers.utils import logging

    level = logging.get_verbosity()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logging.set_verbosity(level)
            logging.enable_progress_bar()
