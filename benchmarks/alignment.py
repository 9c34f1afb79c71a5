"""Whether two sentences of two outlets tell one fact: what ships, beside words and the cosine.

    python -m benchmarks.alignment same_fact.jsonl --json alignment.json

Data: JSON lines `{id, cluster, a, b, label}`, `label` one of same, part (b reports a part of a),
contradicts, related and unrelated. Positive are same and part. Systems: `newsbrief`, as it ships;
`reader`, without the writer's model, as the extractive mode has it; `overlap`, the cosine and the
shared words alone; `cosine`, of the sentence vectors.

`roc_auc_middle` is over the pairs with a cosine from 0.55 to 0.78; `opposites_passed` counts the
pairs labelled contradicts that are taken for one fact. `marks` are the agreement table's by label. Pairs a second are those of the whole
decision, parsing and vectors left out. `--half` takes every other cluster.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.models.base import Models, no_step
from service.models.loading import ModelConfig, opened
from service.pipeline.alignment.confirmation import UNLIKELY, read_again
from service.pipeline.alignment.conflicts import find
from service.pipeline.alignment.same_fact import SAME_FACT, Pair, SameFactReader, words
from service.pipeline.attribution.attributor import REPORTS_WHOLE, WHOLE
from service.pipeline.attribution.citations import agrees
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.prompts import templates
from service.pipeline.writing.generation import CandidateGenerator
from service.store.computation_cache import MemoryComputationCache

SAME_BY_COSINE = 0.62
"""Cosine at which the pair is decided where nothing else is asked."""

OVERLAP, SAME_BY_OVERLAP = (-4.54, 4.51, 3.42, 2.16), 0.7
"""Intercept and weights of the cosine, the share of the fact's words and that of the report's, fitted
on 629 other pairs; the probability from which a pair is decided."""

MIDDLE = (0.55, 0.78)

Scores = NDArray[np.float64]


class Read(msgspec.Struct, frozen=True):
    """A labelled pair as the systems see it."""

    label: str
    pair: Pair
    fact: ParsedSentence
    report: ParsedSentence


def read(rows: Sequence[dict[str, Any]], models: Models) -> list[Read]:
    texts = list(dict.fromkeys(text for row in rows for text in (row["a"], row["b"])))
    clauses = map(ParsedSentence, texts, models.parser.parse(texts))
    parsed = dict(zip(texts, clauses, strict=True))
    vectors = dict(zip(texts, models.encoder.encode(texts), strict=True))
    return [
        Read(
            row["label"],
            Pair(row["a"], row["b"], float(vectors[row["a"]] @ vectors[row["b"]])),
            parsed[row["a"]],
            parsed[row["b"]],
        )
        for row in rows
    ]


def shipped(pairs: Sequence[Read], models: Models) -> Scores:
    """The reader's probabilities, and where it is unsure those by it and the writer's model together; 0
    where an exact rule forbids the pair."""
    memo = MemoryComputationCache()
    reader = SameFactReader(models.reader, memo)
    found = np.array(reader.probabilities([each.pair for each in pairs]))
    writer = models.writer and CandidateGenerator(models.writer, memo, templates(), no_step)
    for k, each in enumerate(pairs):
        if writer and found[k] >= UNLIKELY:
            found[k] = read_again(found[k], each.pair.fact, each.pair.report, writer.same_fact)
        report = (0, each.pair.cosine, Evidence(each.report))
        if found[k] >= SAME_FACT and find(Evidence(each.fact), [report]) is not None:
            found[k] = 0.0
    return found


def by_cosine(pairs: Sequence[Read]) -> Scores:
    return np.array([each.pair.cosine for each in pairs])


def by_overlap(pairs: Sequence[Read]) -> Scores:
    """A logistic regression on the cosine and the words that the two share."""
    found: list[float] = []
    for each in pairs:
        fact, report = words(each.pair.fact), words(each.pair.report)
        shared = len(fact & report)
        shares = shared / max(1, len(fact)), shared / max(1, len(report))
        intercept, *slopes = OVERLAP
        odds = intercept + float(np.dot(slopes, (each.pair.cosine, *shares)))
        found.append(1 / (1 + np.exp(-odds)))
    return np.array(found)


def roc_auc(scores: Scores, positive: NDArray[np.bool_]) -> float:
    """The share of (positive, negative) pairs in the right order, ties half; NaN without both."""
    above = scores[positive][:, None] - scores[~positive][None, :]
    return float(np.mean((above > 0) + 0.5 * (above == 0))) if above.size else float("nan")


def figures(
    pairs: Sequence[Read], decide: Callable[[], Scores], threshold: float
) -> dict[str, float]:
    begun = time.perf_counter()
    scores = decide()
    seconds = time.perf_counter() - begun
    positive = np.array([each.label in {"same", "part"} for each in pairs])
    opposite = np.array([each.label == "contradicts" for each in pairs])
    middle = np.array([MIDDLE[0] < each.pair.cosine < MIDDLE[1] for each in pairs])
    passed = scores >= threshold
    return {
        "roc_auc": round(roc_auc(scores, positive), 3),
        "precision": round(float(positive[passed].mean()) if passed.any() else 0.0, 3),
        "recall": round(float(passed[positive].mean()), 3),
        "roc_auc_middle": round(roc_auc(scores[middle], positive[middle]), 3),
        "opposites_passed": int(passed[opposite].sum()),
        "pairs_per_second": round(len(pairs) / seconds, 1),
        "n": len(pairs),
    }


def marks(pairs: Sequence[Read], scores: Scores, models: Models) -> dict[str, dict[str, int]]:
    """Mark of the agreement table → how many pairs of each label bear it."""
    reader = SameFactReader(models.reader, MemoryComputationCache())
    said = reader.reads([(each.pair.report, each.pair.fact) for each in pairs])
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for each, p, read in zip(pairs, scores, said, strict=True):
        report = Evidence(each.report)
        mark = "silent"
        if find(Evidence(each.fact), [(0, each.pair.cosine, report)]) is not None:
            mark = "disputes"
        elif p >= SAME_FACT:
            whole = read[WHOLE] >= REPORTS_WHOLE and agrees(each.fact, report)
            mark = "reports" if whole else "part"
        found[mark][each.label] += 1
    return {mark: dict(labels) for mark, labels in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--half", choices=["even", "odd"], help="every other cluster")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    with opened(ModelConfig()) as models:
        sets = measured(given.data, given.half, models)
    if given.json:
        given.json.write_text(json.dumps({"sets": sets}, indent=1) + "\n")


def measured(
    data: Sequence[Path], half: str | None, models: Models
) -> dict[str, dict[str, dict[str, float]]]:
    sets: dict[str, dict[str, dict[str, float]]] = {}
    alone = msgspec.structs.replace(models, writer=None)
    for path in data:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        if half:
            clusters = sorted({row["cluster"] for row in rows})[half == "odd" :: 2]
            rows = [row for row in rows if row["cluster"] in clusters]
        pairs = read(rows, models)
        systems: dict[str, tuple[Callable[[], Scores], float]] = {
            "newsbrief": (lambda p=pairs: shipped(p, models), SAME_FACT),
            "reader": (lambda p=pairs: shipped(p, alone), SAME_FACT),
            "overlap": (lambda p=pairs: by_overlap(p), SAME_BY_OVERLAP),
            "cosine": (lambda p=pairs: by_cosine(p), SAME_BY_COSINE),
        }
        own = sets[path.stem] = {}
        for name, (deciding, threshold) in systems.items():
            decide = cache(deciding)
            own[name] = figures(pairs, decide, threshold)
            shown = "  ".join(f"{key} {value}" for key, value in own[name].items())
            print(f"{path.stem} {name:10} {shown}", flush=True)
            if name in {"newsbrief", "reader"}:
                for mark, labels in marks(pairs, decide(), models).items():
                    print(f"{path.stem} {name:10} {mark:8} {labels}", flush=True)
    return sets


if __name__ == "__main__":
    main()
