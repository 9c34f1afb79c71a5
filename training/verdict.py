"""Fit the verdict: a logistic regression over rules, vectors and the entailment model.

    python -m training.verdict --human ../data/qags.jsonl … --out service/models/checker.json [--reading --limit 60]

Fitted on one half of each human-judged set, split by source document (`benchmarks.checker
--held-out` reports the other half), each set weighing the same, by Newton's method with a
small ridge (Hastie et al. 2009, section 4.4.1). Adding the synthetic pairs that
`training.checker` held out, or our own writer's labelled sentences, cost one to two points
of ROC-AUC on people's judgements. The entailment model is the one that ships.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from random import Random

import msgspec
import numpy as np

from benchmarks.checker import sentences_of, tuned_on
from service.models.base import Models
from service.models.loading import DEFAULT_WRITER, ModelConfig, opened
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.prompts import templates
from service.pipeline.types import Check
from service.pipeline.verification.calibration import Features, features
from service.pipeline.verification.evidence_window import evidence_window
from service.pipeline.verification.support import SupportReader
from service.pipeline.verification.verify import FACTS, MIN_AGREEMENT, RELATIONS, WORDING
from service.store.computation_cache import MemoryComputationCache

READ = (
    "words",
    "bigrams",
    "nearest",
    "agreement",
    "names",
    "numbers",
    "dates",
    "quotes",
    "entailment",
)
"""Features that are weighed with what the writer's model reads."""

RIDGE = 1e-3
"""On standardised features, where the pairs' weights add up to the number of sets."""


class Example(msgspec.Struct):
    evidence: list[str]
    claim: str
    label: int
    group: str


def human(path: Path) -> list[Example]:
    """The half of a human-judged set that is for tuning; evidence cut as the checker cuts it."""
    made: list[Example] = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        sentences = sentences_of(row["source"])
        if sentences and tuned_on(row["source"]):
            chosen = [sentences[k] for k in evidence_window(sentences, row["claim"])]
            made.append(Example(chosen, row["claim"].strip(), int(row["label"]), path.stem))
    return made


def matrix(examples: list[Example], models: Models) -> np.ndarray:
    """Examples → features `(n, f)`."""
    pairs = [
        (" ".join(each.evidence[k] for k in evidence_window(each.evidence, each.claim)), each.claim)
        for each in examples
    ]
    if models.support is not None:
        support = SupportReader(models.support, MemoryComputationCache(), templates()["support"])
        read = support.reads([(each.evidence, each.claim) for each in examples])
        probabilities = [None if each is None else each.said for each in read]
    elif models.checker is not None:
        probabilities = [float(each) for each in models.checker.entails(pairs)]
    else:
        probabilities = [None] * len(pairs)
    texts = list(dict.fromkeys(text for each in examples for text in (each.claim, *each.evidence)))
    clauses = {
        text: ParsedSentence(text, parse)
        for text, parse in zip(texts, models.parser.parse(texts), strict=True)
    }
    vectors = dict(zip(texts, models.encoder.encode(texts), strict=True))
    made: list[list[float]] = []
    for each, entailment in zip(examples, probabilities, strict=True):
        claim, evidence = clauses[each.claim], [clauses[text] for text in each.evidence]
        checks = [
            rule(claim, [Evidence(own) for own in evidence])
            for rule in (*FACTS, *RELATIONS, *WORDING)
        ]
        agreement = max(float(vectors[text] @ vectors[each.claim]) for text in each.evidence)
        checks.append(Check("agreement", agreement >= MIN_AGREEMENT))
        found = features(claim, evidence, agreement, checks, entailment)
        made.append(list(msgspec.structs.astuple(found)))
    return np.array(made)


def fit(x: np.ndarray, y: np.ndarray, weight: np.ndarray, steps: int = 30) -> np.ndarray:
    """Weights, the bias last, of the logistic regression of `y` on `x` `(n, f)`."""
    centre = np.average(x, axis=0, weights=weight)
    scale = np.sqrt(np.average((x - centre) ** 2, axis=0, weights=weight)) + 1e-6
    z = np.column_stack([(x - centre) / scale, np.ones(len(x))])
    found = np.zeros(z.shape[1])
    ridge = np.full(z.shape[1], RIDGE)
    ridge[-1] = 0
    for _ in range(steps):
        p = 1 / (1 + np.exp(-z @ found))
        gradient = z.T @ (weight * (p - y)) + ridge * found
        hessian = (z * (weight * p * (1 - p))[:, None]).T @ z + np.diag(ridge)
        found -= np.linalg.solve(hessian + 1e-9 * np.eye(len(ridge)), gradient)
    return np.append(found[:-1] / scale, found[-1] - (found[:-1] / scale) @ centre)


def weights(examples: list[Example]) -> np.ndarray:
    """`(n,)`: every group adds up to one."""
    sizes: dict[str, int] = defaultdict(int)
    for each in examples:
        sizes[each.group] += 1
    return np.array([1 / sizes[each.group] for each in examples])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--human", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reading", action="store_true", help="fit what the writer's model reads")
    parser.add_argument("--limit", type=int, help="examples a set, drawn with a fixed seed")
    given = parser.parse_args()
    examples: list[Example] = []
    for path in given.human:
        own = human(path)
        examples += Random(0).sample(own, min(len(own), given.limit or len(own)))
    with opened(ModelConfig(writer=DEFAULT_WRITER if given.reading else None)) as models:
        fitted(given, examples, models)


def fitted(given: argparse.Namespace, examples: list[Example], models: Models) -> None:
    x, y = matrix(examples, models), np.array([each.label for each in examples], dtype=float)
    names, weight = list(Features.__struct_fields__), weights(examples)
    held = json.loads(given.out.read_text()) if given.out.is_file() else {}
    if given.reading:
        kept = [names.index(name) for name in READ]
        own = fit(x[:, kept], y, weight).round(4).tolist()
        held["weights"]["reading"] = dict(zip([*READ, "bias"], own, strict=True))
        given.out.write_text(json.dumps(held, indent=1) + "\n")
        print(held["weights"]["reading"])
        return
    found = {"model": dict(zip([*names, "bias"], fit(x, y, weight).round(4).tolist(), strict=True))}
    without = [k for k, name in enumerate(names) if name != "entailment"]
    rules = fit(x[:, without], y, weight).round(4).tolist()
    found["rules"] = dict(zip([*(names[k] for k in without), "bias"], rules, strict=True))
    reading = held.get("weights", {}).get("reading", {})
    made = {**held, "fitted_on": len(examples), "weights": {"reading": reading, **found}}
    given.out.write_text(json.dumps(made, indent=1) + "\n")
    for name in [*names, "bias"]:
        print(f"{name:16}{found['model'][name]:9.3f}{found['rules'].get(name, 0):9.3f}")


if __name__ == "__main__":
    main()
