"""Adapters: what Newsbrief's own training changed of a model that others made.

Each changed matrix is `W + B @ A` with `A` `(r, m)` and `B` `(n, r)` (Hu et al. 2022), so the
base's weights are on disk only once and what ships is a few megabytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def difference(
    before: Mapping[str, torch.Tensor], after: Mapping[str, torch.Tensor], rank: int
) -> dict[str, torch.Tensor]:
    """What training changed: matrices as `name.A` `(r, m)` and `name.B` `(n, r)`, others whole.

    `before` lacks the head, which is then kept whole too.
    """
    import torch

    found: dict[str, torch.Tensor] = {}
    for name, new in after.items():
        old = before.get(name)
        if old is not None and torch.equal(old, new):
            continue
        if old is None or new.dim() != 2 or len(new) < rank:
            found[name] = new.to(torch.float32).contiguous()
            continue
        u, s, v = torch.linalg.svd((new - old).float(), full_matrices=False)
        root = s[:rank].sqrt()
        found[f"{name}.A"] = (root[:, None] * v[:rank]).to(torch.bfloat16).contiguous()
        found[f"{name}.B"] = (u[:, :rank] * root).to(torch.bfloat16).contiguous()
    return found


def apply(model: Any, weights: Path) -> str:
    """Add the adapter in a safetensors file to a model's weights, in place → its short hash."""
    import torch
    from safetensors.torch import load_file

    own, changes = model.state_dict(), load_file(weights)
    with torch.no_grad():
        for name, value in changes.items():
            if name.endswith(".A"):
                stem = name.removesuffix(".A")
                own[stem] += (changes[f"{stem}.B"].float() @ value.float()).to(own[stem].dtype)
            elif not name.endswith(".B"):
                own[name].copy_(value)
    return hashlib.sha256(weights.read_bytes()).hexdigest()[:12]
