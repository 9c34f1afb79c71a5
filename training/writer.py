"""Train the writer's adapter: low-rank changes to the upper layers of the writer's GGUF weights.

    python -m training.writer SENTENCES.jsonl --out service/models/writer-1.5b.gguf [--writer NAME]

SENTENCES holds `{prompt: fuse | headline, reports: [{text, before}], text, cluster}`: what the
writer is asked with the prompt of that name, and the sentence that an editor would write. It is
trained on the weights as llama.cpp runs them, packed to four bits and unpacked again, and written
as llama.cpp reads adapters. Layers below `--first` stay as they are, so that what they make
of an example is computed once. With `--held-out` every tenth cluster is kept out.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from service.models.llama_server import weights
from service.models.loading import DEFAULT_WRITER
from service.models.registry import locate
from service.pipeline.prompts import templates
from training.checker import batches

SEED = 0
RANK, ALPHA = 16, 32
RATE, WARM_UP, BATCH = 3e-4, 0.06, 4
CHECKPOINT = 50
"""Steps after which what is trained so far is written."""

Encoded = tuple[list[int], int]
"""An example as tokens, and how many of them are the prompt."""

PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""The matrices of a layer that are changed: their names here and in llama.cpp."""


def read(path: Path, *, keep_out: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Examples to train on, and with `keep_out` those of every tenth cluster."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    clusters = sorted({row["cluster"] for row in rows})
    Random(SEED).shuffle(clusters)
    kept = set(clusters[::10]) if keep_out else set[str]()
    return [r for r in rows if r["cluster"] not in kept], [r for r in rows if r["cluster"] in kept]


def encode(tokenizer: Any, row: dict[str, Any]) -> Encoded:
    template = templates()[row["prompt"]]
    given = (
        {"reports": row["reports"]}
        if row["prompt"] == "fuse"
        else {"sentence": row["reports"][0]["text"]}
    )
    turns = [f"<|im_start|>{m.role}\n{m.content}<|im_end|>\n" for m in template.render(**given)]
    prompt = tokenizer("".join(turns) + "<|im_start|>assistant\n")["input_ids"]
    return [*prompt, *tokenizer(row["text"] + "<|im_end|>")["input_ids"]], len(prompt)


def low_rank(model: Any, first: int) -> dict[str, Any]:
    """Put two small trained matrices beside each matrix of the layers from `first` on, in place;
    llama.cpp's name → the matrices."""
    import torch

    class LowRank(torch.nn.Module):
        def __init__(self, whole: Any) -> None:
            super().__init__()
            self.whole = whole
            self.a = torch.nn.Parameter(torch.empty(RANK, whole.in_features))
            self.b = torch.nn.Parameter(torch.zeros(whole.out_features, RANK))
            torch.nn.init.kaiming_uniform_(self.a, math.sqrt(5))

        def forward(self, x: Any) -> Any:
            small = x @ self.a.to(x.dtype).T @ self.b.to(x.dtype).T
            return self.whole(x) + small * (ALPHA / RANK)

    made: dict[str, Any] = {}
    for number, layer in enumerate(model.model.layers):
        for own, name in PARTS.items() if number >= first else ():
            parent, attribute = layer.get_submodule(own.split(".")[0]), own.split(".")[1]
            pair = LowRank(getattr(parent, attribute))
            setattr(parent, attribute, pair)
            made[f"blk.{number}.{name}.weight"] = pair
    return made


def save(pairs: dict[str, Any], path: Path) -> None:
    """Write the trained matrices as llama.cpp's adapter, in half precision."""
    import gguf
    import numpy as np

    made = path.with_suffix(".new")
    file = gguf.GGUFWriter(made, "qwen2")
    file.add_string("general.type", "adapter")
    file.add_string("adapter.type", "lora")
    file.add_float32("adapter.lora.alpha", ALPHA)
    for name, pair in pairs.items():
        for own, matrix in (("lora_a", pair.a), ("lora_b", pair.b)):
            file.add_tensor(f"{name}.{own}", matrix.detach().numpy().astype(np.float16))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    made.replace(path)


def start(pairs: dict[str, Any], path: Path) -> None:
    """Go on from an adapter that `save` wrote."""
    import gguf
    import torch

    held = {each.name: torch.tensor(each.data) for each in gguf.GGUFReader(path).tensors}
    for name, pair in pairs.items():
        pair.a.data.copy_(held[f"{name}.lora_a"])
        pair.b.data.copy_(held[f"{name}.lora_b"])


class Trainer:
    """One model with its adapter, and what its lower layers make of each example."""

    def __init__(self, model: Any, first: int, encoded: list[Encoded]) -> None:
        """Runs all examples through the layers below `first`; prints how far it is."""
        import torch

        self._model, self._first, self._encoded = model, first, encoded
        self._below: dict[int, Any] = {}
        with torch.no_grad():
            for batch in batches(encoded, Random(SEED), BATCH):
                rows = [torch.tensor(encoded[k][0]) for k in batch]
                ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
                state = self._through(model.model.embed_tokens(ids), slice(0, first))
                self._below.update(
                    (k, state[n, : len(rows[n])].clone()) for n, k in enumerate(batch)
                )
                print(f"lower layers {len(self._below)}/{len(encoded)}", flush=True)

    def loss(self, batch: Sequence[int]) -> Any:
        """The mean cross-entropy of the examples' own tokens behind their prompts."""
        import torch

        below = [self._below[k] for k in batch]
        state = torch.nn.utils.rnn.pad_sequence(below, batch_first=True)
        state = self._through(state, slice(self._first, None))
        own = [self._encoded[k] for k in batch]
        answers = [state[n, prompt - 1 : len(ids) - 1] for n, (ids, prompt) in enumerate(own)]
        logits = self._model.lm_head(self._model.model.norm(torch.cat(answers))).float()
        expected = torch.tensor([token for ids, prompt in own for token in ids[prompt:]])
        return torch.nn.functional.cross_entropy(logits, expected)

    def _through(self, state: Any, layers: slice) -> Any:
        """Causal attention needs no mask for what is padded behind."""
        import torch

        rotary = self._model.model.rotary_emb(state, torch.arange(state.shape[1])[None])
        for layer in self._model.model.layers[layers]:
            state = layer(state, attention_mask=None, position_embeddings=rotary)
        return state


def main() -> None:
    import torch
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        get_linear_schedule_with_warmup,
    )

    parser = argparse.ArgumentParser(description="Train the writer's adapter.")
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="an adapter of another run, to go on from")
    parser.add_argument("--writer", default=DEFAULT_WRITER)
    parser.add_argument("--first", type=int, default=18)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--dtype", default="float32", help="bfloat16 where the processor has it")
    parser.add_argument("--held-out", action="store_true")
    given = parser.parse_args()

    torch.manual_seed(SEED)
    file = weights(locate(given.writer, "writer"))
    assert file is not None, "adapters are for GGUF weights"  # noqa: S101
    packed = {"gguf_file": file.name, "dtype": getattr(torch, given.dtype)}
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    model = AutoModelForCausalLM.from_pretrained(file.parent, **packed).requires_grad_(False)
    pairs = low_rank(model, given.first)
    if given.start:
        start(pairs, given.start)
    rows, held = read(given.sentences, keep_out=given.held_out)
    encoded = [encode(tokenizer, row) for row in [*rows, *held]]
    trainer = Trainer(model, given.first, encoded)
    trained = [matrix for pair in pairs.values() for matrix in (pair.a, pair.b)]
    order = [
        (epoch, batch)
        for epoch in range(given.epochs)
        for batch in batches(encoded[: len(rows)], Random(SEED + epoch), BATCH)
    ]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
    warm = max(1, int(WARM_UP * len(order)))
    schedule = get_linear_schedule_with_warmup(optimizer, warm, len(order))
    begun, losses = time.monotonic(), []
    for step, (epoch, batch) in enumerate(order, 1):
        loss = trainer.loss(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if step % 10 == 0 or step == len(order):
            mean, took = sum(losses[-20:]) / len(losses[-20:]), time.monotonic() - begun
            print(
                f"epoch {epoch} step {step}/{len(order)} loss {mean:.4f} {took:.0f} s", flush=True
            )
        if step % CHECKPOINT == 0 or step == len(order):
            save(pairs, given.out)
    if held:
        with torch.no_grad():
            found = [trainer.loss([k]).item() for k in range(len(rows), len(encoded))]
        print(f"held out {sum(found) / len(found):.4f}")


if __name__ == "__main__":
    main()
