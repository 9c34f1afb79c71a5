"""Embed: sentences → unit vectors, each computed once per text and encoder."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from service.models.base import Encoder, Vectors, no_step
from service.pipeline.types import Memo


def embed(
    texts: Sequence[str],
    encoder: Encoder,
    memo: Memo,
    *,
    on_step: Callable[[], None] = no_step,
) -> Vectors:
    """`n` texts → float32 `(n, d)`, rows of unit length; only unseen texts are encoded.

    `on_step` is called between batches and may raise `Cancelled`.
    """
    keys = [_key(encoder.fingerprint, text) for text in texts]
    held = dict(zip(keys, memo.get(keys), strict=True))
    missing = {key: text for key, text in zip(keys, texts, strict=True) if held[key] is None}
    if missing:
        fresh = encoder.encode(list(missing.values()), on_step=on_step)
        made = {key: row.tobytes() for key, row in zip(missing, fresh, strict=True)}
        memo.put(made)
        held.update(made)
    rows = [np.frombuffer(held[key] or b"", dtype=np.float32) for key in keys]
    return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)


def _key(fingerprint: str, text: str) -> str:
    content = "\0".join((fingerprint, text)).encode()
    return f"vector:{hashlib.sha256(content).hexdigest()}"
