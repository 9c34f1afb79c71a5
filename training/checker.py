"""Train the checker: a cross-encoder on the sentence encoder's weights.

    python -m training.checker --data ../train --work /tmp/checker

Stages, each kept in --work and taken up again where it was left: pairs (labelled sets,
synthetic errors, hard positives), training (bf16 where the processor has it, bucketed by
length, a checkpoint every few minutes), and the low-rank difference that ships.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import numpy as np

from service.models.adapter import difference
from service.models.cross_encoder import Encoded, encode, network, tensors
from service.models.loading import BASE, ModelConfig, load
from service.models.registry import locate
from training.pairs import Pair, labelled, synthetic

SEED = 20261123
HELD_OUT = 0.03
"""Share of the pairs that training never sees, to follow it by."""

RATE, HEAD_RATE, WARM_UP = 1e-4, 1e-3, 0.03
BATCH = 32
RANK = 64
"""Rank of the difference that ships: 5 MB."""

CHECKPOINT_S = 240


def make_pairs(data: Path, work: Path) -> list[Pair]:
    path = work / "pairs.jsonl"
    if not path.is_file():
        parser = load(ModelConfig()).parser
        made = [*labelled(data, Random(SEED)), *synthetic(data, parser, Random(SEED + 1))]
        made = [pair for pair in made if pair.evidence.strip() and pair.claim.strip()]
        Random(SEED + 2).shuffle(made)
        path.write_bytes(b"\n".join(msgspec.json.encode(pair) for pair in made))
    return [msgspec.json.decode(line, type=Pair) for line in path.read_bytes().splitlines()]


def batches(
    encoded: Sequence[tuple[list[int], Any]], random: Random, size: int = BATCH
) -> list[list[int]]:
    """Indices in batches of like length, the batches in random order."""
    order = sorted(range(len(encoded)), key=lambda k: (len(encoded[k][0]) // 8, random.random()))
    made = [order[k : k + size] for k in range(0, len(order), size)]
    random.shuffle(made)
    return made


def train(pairs: list[Pair], work: Path, epochs: float, start: Path | None) -> Any:
    """Pairs → the trained module; goes on from the last checkpoint, or begins with the
    weights of `start`, another run's."""
    import torch
    from transformers import AutoModel, AutoTokenizer, get_linear_schedule_with_warmup

    torch.manual_seed(SEED)
    folder = locate(BASE, "encoder").path
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = network(AutoModel.from_pretrained(folder), 1)
    types = model.encoder.embeddings.token_type_embeddings.weight
    types.data[1:] += 0.02 * torch.randn_like(types.data[1:])
    for parameter in model.encoder.embeddings.parameters():
        parameter.requires_grad = parameter is types
    encoded = encode(tokenizer, [(pair.evidence, pair.claim) for pair in pairs])
    labels = np.array([pair.label for pair in pairs], dtype=np.float32)
    held = int(len(pairs) * HELD_OUT)
    order: list[list[int]] = []
    for epoch in range(int(np.ceil(epochs))):
        made = batches(encoded[held:], Random(SEED + epoch))
        order += [[k + held for k in batch] for batch in made]
    order = order[: int(epochs * len(encoded[held:]) / BATCH)]
    groups = [
        {"params": list(model.encoder.encoder.parameters()), "lr": RATE},
        {"params": [*model.head.parameters(), types], "lr": HEAD_RATE},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, int(WARM_UP * len(order)), len(order))
    positive = labels[held:].mean()
    weight = torch.tensor((1 - positive) / positive)
    begin, path = 0, work / "checkpoint.pt"
    if path.is_file():
        state = torch.load(path)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        begin = state["step"]
    elif start is not None:
        model.load_state_dict(torch.load(start)["model"])
    print(
        f"{len(pairs)} pairs, {len(order)} steps, from {begin}; {positive:.2f} positive", flush=True
    )
    saved = told = time.monotonic()
    losses: list[float] = []
    model.train()
    for step in range(begin, len(order)):
        rows = [encoded[k] for k in order[step]]
        length = max(len(ids) for ids, _ in rows)
        wanted = torch.tensor(labels[order[step]])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(*tensors(rows, length))[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, 0.02 + 0.96 * wanted, pos_weight=weight
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        last = step + 1 == len(order)
        if last or time.monotonic() - told > 30:
            told = time.monotonic()
            print(f"step {step + 1}/{len(order)} loss {np.mean(losses[-200:]):.4f}", flush=True)
        if last or time.monotonic() - saved > CHECKPOINT_S:
            saved = time.monotonic()
            torch.save(
                {"model": model.state_dict(), "optimizer": optimizer.state_dict(),
                 "schedule": schedule.state_dict(), "step": step + 1}, path,
            )  # fmt: skip
    report(model.eval(), pairs[:held], encoded[:held])
    return model


def report(model: Any, pairs: list[Pair], encoded: list[Encoded]) -> None:
    """Balanced accuracy on the held-out pairs, by kind."""
    import torch

    logits: list[float] = []
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        for k in range(0, len(encoded), BATCH):
            rows = encoded[k : k + BATCH]
            logits += model(*tensors(rows, max(len(ids) for ids, _ in rows)))[:, 0].tolist()
    right: dict[tuple[str, int], list[bool]] = defaultdict(list)
    for pair, logit in zip(pairs, logits, strict=True):
        for kind in (pair.kind, "all"):
            right[kind, pair.label].append((logit > 0) == bool(pair.label))
    for (kind, label), found in sorted(right.items()):
        print(f"{kind:20} {label} {np.mean(found):.3f} of {len(found)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the training sets")
    parser.add_argument("--work", type=Path, required=True, help="where stages are kept")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--start", type=Path, help="checkpoint of another run to begin with")
    parser.add_argument("--out", type=Path, help="safetensors file to write (default: in --work)")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    pairs = make_pairs(given.data, given.work)
    model = train(pairs, given.work, given.epochs, given.start)

    save(model, given.out or given.work / "checker.safetensors")


def save(model: Any, out: Path) -> None:
    """Write what training changed of the encoder, as a low-rank difference."""
    from safetensors.torch import save_file
    from transformers import AutoModel

    fresh = AutoModel.from_pretrained(locate(BASE, "encoder").path)
    before = {f"encoder.{name}": value for name, value in fresh.state_dict().items()}
    changes = difference(before, model.state_dict(), RANK)
    save_file(changes, out, metadata={"made_by": json.dumps({"seed": SEED, "rank": RANK})})
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
