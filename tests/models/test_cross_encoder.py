"""The model under the checker and the reader: what ships of it is what was trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from service.models.base import KINDS


@pytest.mark.slow
@pytest.mark.parametrize("outputs", [1, len(KINDS)])
def test_a_difference_is_what_was_trained(
    tiny: Callable[[str], Path], tmp_path: Path, outputs: int
):
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModel

    from service.models.adapter import apply, difference
    from service.models.cross_encoder import network

    torch.manual_seed(1)
    before = AutoModel.from_pretrained(tiny("encoder"))
    trained = network(AutoModel.from_pretrained(tiny("encoder")), outputs)
    with torch.no_grad():
        for parameter in trained.encoder.encoder.parameters():
            parameter += 0.05 * torch.randn_like(parameter)

    kept = {f"encoder.{name}": value for name, value in before.state_dict().items()}
    changes = difference(kept, trained.state_dict(), rank=32)
    again = network(AutoModel.from_pretrained(tiny("encoder")), outputs)
    save_file(changes, tmp_path / "adapter.safetensors")
    apply(again, tmp_path / "adapter.safetensors")

    for name, value in trained.state_dict().items():
        assert torch.allclose(again.state_dict()[name], value, atol=0.02), name
    assert not [name for name in changes if "word_embeddings" in name]
