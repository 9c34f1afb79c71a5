"""Fit the verdict: a logistic regression over rules, vectors and the entailment model.

    python -m training.verdict --work /tmp/checker --out service/models/checker.json

Fitted on the pairs that `training.checker` held out, by Newton's method with a small ridge
(Hastie et al. 2009, section 4.4.1). The model in --work must be the one that ships.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec
import numpy as np

from service.models.base import Models
from service.models.checker import CrossChecker
from service.models.loading import ModelConfig, load
from service.models.registry import locate
from service.pipeline.check import MIN_AGREEMENT, RULES, Evidence
from service.pipeline.syntax import Clause
from service.pipeline.types import Check
from service.pipeline.verdict import Features, features
from training.checker import HELD_OUT
from training.pairs import Pair, sentences_of

FITTED_ON = frozenset(
    "fib_xsum fib_xsum_synth fib_cnndm factor_edits summedits_other cogensumm_rank summeval pawsx_en"
    " fever_symmetric fm2 wice_train_partial begin identity fusion half gold clause_drop".split()
)
"""Sets of news and of sentences like it; general entailment has another kind of claim."""

RIDGE = 1.0


def held_out(work: Path, most: int | None = None) -> list[Pair]:
    lines = (work / "pairs.jsonl").read_bytes().splitlines()
    pairs = [msgspec.json.decode(line, type=Pair) for line in lines[: int(len(lines) * HELD_OUT)]]
    return pairs[:most]


def matrix(pairs: list[Pair], models: Models) -> np.ndarray:
    """Pairs → features `(n, f)`."""
    probabilities = (
        models.checker.entails([(pair.evidence, pair.claim) for pair in pairs])
        if models.checker is not None
        else [None] * len(pairs)
    )
    read = [[pair.claim, *sentences_of(pair.evidence)] for pair in pairs]
    texts = list(dict.fromkeys(text for own in read for text in own))
    clauses = {
        text: Clause(text, parse)
        for text, parse in zip(texts, models.parser.parse(texts), strict=True)
    }
    vectors = dict(zip(texts, models.encoder.encode(texts), strict=True))
    made: list[list[float]] = []
    for (claim, *sentences), entailment in zip(read, probabilities, strict=True):
        evidence = [clauses[text] for text in sentences]
        checks = [rule(clauses[claim], [Evidence(each) for each in evidence]) for rule in RULES]
        agreement = max(float(vectors[text] @ vectors[claim]) for text in sentences)
        checks.append(Check("agreement", agreement >= MIN_AGREEMENT))
        found = features(clauses[claim], evidence, agreement, checks, entailment)
        made.append(list(msgspec.structs.astuple(found)))
    return np.array(made)


def fit(x: np.ndarray, y: np.ndarray, steps: int = 30) -> np.ndarray:
    """Weights, the bias last, of the logistic regression of `y` on `x` `(n, f)`."""
    x = np.column_stack([x, np.ones(len(x))])
    weights = np.zeros(x.shape[1])
    ridge = np.full(x.shape[1], RIDGE)
    ridge[-1] = 0
    for _ in range(steps):
        p = 1 / (1 + np.exp(-x @ weights))
        gradient = x.T @ (p - y) + ridge * weights
        hessian = (x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge) + 1e-8 * np.eye(len(ridge))
        weights -= np.linalg.solve(hessian, gradient)
    return weights


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int)
    given = parser.parse_args()
    models = load(ModelConfig(checker=None), writer=False)
    weights = given.work / "checker.safetensors"
    if weights.is_file():
        import torch

        encoder = locate("all-MiniLM-L6-v2", "encoder")
        checker = CrossChecker.load(encoder, torch.bfloat16, weights)
        models = msgspec.structs.replace(models, checker=checker)
    pairs = held_out(given.work, given.limit)
    pairs = [pair for pair in pairs if pair.kind in FITTED_ON or pair.label == 0]
    y = np.array([pair.label for pair in pairs], dtype=float)
    x = matrix(pairs, models)
    names = list(Features.__struct_fields__)
    without = [k for k, name in enumerate(names) if name != "entailment"]
    found = {
        "model": dict(zip([*names, "bias"], fit(x, y).round(4).tolist(), strict=True)),
        "rules": dict(
            zip([*(names[k] for k in without), "bias"], fit(x[:, without], y).round(4).tolist(), strict=True)
        ),
    }  # fmt: skip
    held = json.loads(given.out.read_text()) if given.out.is_file() else {}
    given.out.write_text(
        json.dumps({**held, "fitted_on": len(pairs), "weights": found}, indent=1) + "\n"
    )
    for name in [*names, "bias"]:
        print(f"{name:12}{found['model'][name]:9.3f}{found['rules'].get(name, 0):9.3f}")


if __name__ == "__main__":
    main()
