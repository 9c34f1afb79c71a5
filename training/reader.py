"""Train the reader: a cross-encoder that tells what a sentence of one report says of another's.

    python -m training.reader PAIRS.jsonl --data ../train --out service/models/reader.safetensors

PAIRS holds `{evidence, claim, kind, cluster}`, `kind` one of `KINDS`, labelled by reading. Beside
them stand, with less weight, edited sentences, paraphrases and counterfactuals of the training sets.
With `--held-out` every eighth cluster is kept out, to see how it does.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from service.models.adapter import apply
from service.models.base import KINDS
from service.models.checker import WEIGHTS as CHECKER
from service.models.cross_encoder import Encoded, encode, network, tensors
from service.models.loading import BASE
from service.models.registry import locate
from training.checker import batches, save

SEED = 0
RATE, WARM_UP, SMOOTHING = 6e-5, 0.06, 0.05
BATCH = 24
AUXILIARY, IDENTICAL = 2000, 300
"""Rows of each training set; labelled sentences beside themselves, which are the same."""

Row = tuple[str, str, int, float]
"""Evidence, claim, place in `KINDS`, weight."""


def read_pairs(path: Path, *, keep_out: bool) -> tuple[list[Row], list[Row]]:
    """Labelled pairs → those to train on, and with `keep_out` those of every eighth cluster."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    clusters = sorted({row["cluster"] for row in rows})
    Random(SEED).shuffle(clusters)
    kept = set(clusters[::8]) if keep_out else set[str]()
    made = [
        (row["cluster"] in kept, (row["evidence"], row["claim"], KINDS.index(row["kind"]), 1.0))
        for row in rows
    ]
    return [row for out, row in made if not out], [row for out, row in made if out]


def auxiliary(data: Path) -> list[Row]:
    """Opposites and paraphrases of the training sets."""
    supported, part, contradicted, other = range(len(KINDS))
    inferred = {"entailment": supported, "neutral": part, "contradiction": contradicted}
    made: list[Row] = []
    for name, weight in (("factor_edits", 0.3), ("pawsx_en", 0.3), ("snli_counterfactual", 0.15)):
        rows = [json.loads(line) for line in (data / f"{name}.jsonl").read_text().splitlines()]
        Random(SEED).shuffle(rows)
        for row in rows[:AUXILIARY]:
            alike = supported if row["label"] else other
            kind = contradicted if name == "factor_edits" else inferred.get(row["type"], alike)
            made.append((row["evidence"], row["claim"], kind, weight))
    return made


def train(rows: list[Row], held: list[Row], epochs: int) -> Any:
    """Rows → the trained module, begun from the checker's weights."""
    import torch
    from transformers import AutoModel, AutoTokenizer, get_linear_schedule_with_warmup

    torch.manual_seed(SEED)
    folder = locate(BASE, "encoder").path
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = network(AutoModel.from_pretrained(folder), 1)
    apply(model, CHECKER)
    supports = model.head.weight.data[0]
    model.head = torch.nn.Linear(model.head.in_features, len(KINDS))
    with torch.no_grad():
        model.head.weight *= 0.3
        for kind, share in ((0, 0.5), (1, 0.3)):
            model.head.weight[kind] += share * supports
    encoded = encode(tokenizer, [(evidence, claim) for evidence, claim, *_ in rows])
    kinds = torch.tensor([kind for _, _, kind, _ in rows])
    weights = torch.tensor([weight for *_, weight in rows])
    order = [b for epoch in range(epochs) for b in batches(encoded, Random(SEED + epoch), BATCH)]
    trained = list(model.parameters())
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.01)
    schedule = get_linear_schedule_with_warmup(optimizer, int(WARM_UP * len(order)), len(order))
    told, losses = time.monotonic(), []
    model.train()
    for step, batch in enumerate(order, 1):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(*padded([encoded[k] for k in batch]))
        loss = torch.nn.functional.cross_entropy(
            logits.float(), kinds[batch], reduction="none", label_smoothing=SMOOTHING
        )
        loss = (loss * weights[batch]).sum() / weights[batch].sum()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if time.monotonic() - told > 30 or step == len(order):
            told = time.monotonic()
            print(f"step {step}/{len(order)} loss {np.mean(losses[-100:]):.4f}", flush=True)
    report(model.eval(), encode(tokenizer, [(row[0], row[1]) for row in held]), held)
    return model


def padded(rows: list[Encoded]) -> Any:
    return tensors(rows, max(len(ids) for ids, _ in rows))


def report(model: Any, encoded: list[Encoded], rows: list[Row]) -> None:
    """What the held-out pairs of each kind are taken for."""
    import torch

    found = np.zeros((len(KINDS), len(KINDS)), dtype=int)
    with torch.inference_mode():
        for pair, (*_, kind, _) in zip(encoded, rows, strict=True):
            found[kind, int(model(*padded([pair]))[0].argmax())] += 1
    for kind, row in zip(KINDS, found, strict=True):
        print(f"{kind:14}", *row)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder with the training sets")
    parser.add_argument("--out", type=Path, required=True, help="safetensors file to write")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--held-out", action="store_true")
    given = parser.parse_args()
    rows, held = read_pairs(given.pairs, keep_out=given.held_out)
    same = [(row[0], row[0], 0, 0.3) for row in Random(SEED).sample(rows, IDENTICAL)]
    model = train([*rows, *same, *auxiliary(given.data)], held, given.epochs)
    save(model, given.out)


if __name__ == "__main__":
    main()
