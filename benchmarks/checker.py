"""The checker against human judgements, beside lexical baselines, in one run.

    python -m benchmarks.checker qags.jsonl wice.jsonl --json checker.json

Data: JSON lines `{id, source (text or list of sentences), claim, label (1 supported, 0 not),
type}`. Systems: `word_overlap` and `bigram_overlap` (share of the claim's found in the
source), `vector_cosine` (with the nearest sentence), `rules`, `model`, and `newsbrief`,
which is what ships. Balanced accuracy, precision and recall of "unsupported" are taken at
the shipped decision for the last three, for the baselines at their best threshold on the
same data, which flatters them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from service.models.base import Models
from service.models.loading import ModelConfig, load
from service.pipeline.ingest.sentences import spans
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.types import Verdict
from service.pipeline.verification.calibration import overlap
from service.pipeline.verification.evidence_window import evidence_window
from service.pipeline.verification.verify import SUPPORTED, verify

SYSTEMS = ("word_overlap", "bigram_overlap", "vector_cosine", "rules", "model", "newsbrief")
DECIDED = frozenset({"rules", "model", "newsbrief"})
"""Systems that decide by themselves whether a claim is supported."""


def sentences_of(source: str | list[str]) -> list[str]:
    if not isinstance(source, str):
        return [each for each in source if each.strip()]
    return [source[start:end] for start, end in spans(source)]


def tuned_on(source: str | list[str]) -> bool:
    """Whether `training.verdict` may tune on the claims of this source: half of all sources."""
    text = source if isinstance(source, str) else " ".join(source)
    return hashlib.sha256(text[:400].encode()).digest()[0] % 2 == 0


def score(
    rows: Sequence[dict], models: Models
) -> tuple[dict[str, list[float]], dict[str, list[bool]], dict[str, float]]:
    """Rows → by system: scores, decisions (is it supported?), and pairs a second."""
    decisions: dict[str, list[bool]] = {system: [] for system in DECIDED}
    scores: dict[str, list[float]] = {system: [] for system in SYSTEMS}
    seconds: dict[str, float] = defaultdict(float)

    def timed(system: str, work: Callable[[], Any]) -> Any:
        began = time.perf_counter()
        found = work()
        seconds[system] += time.perf_counter() - began
        return found

    for begin in range(0, len(rows), 64):
        batch = rows[begin : begin + 64]
        sources = [sentences_of(row["source"]) or [""] for row in batch]
        claims = [row["claim"].strip() for row in batch]
        chosen = [
            [source[k] for k in evidence_window(source, claim)]
            for source, claim in zip(sources, claims, strict=True)
        ]
        covering = [
            [source[k] for k in evidence_window(source, claim, context=False)]
            for source, claim in zip(sources, claims, strict=True)
        ]
        for source, claim in zip(sources, claims, strict=True):
            scores["word_overlap"].append(overlap(source, claim, 1))
            scores["bigram_overlap"].append(overlap(source, claim, 2))
        cosines = timed("vector_cosine", lambda: nearest(models, covering, claims))  # noqa: B023
        scores["vector_cosine"] += cosines
        probabilities = timed("model", lambda: probability(models, chosen, claims))  # noqa: B023
        scores["model"] += probabilities

        def decide(entailment: bool) -> list[Verdict]:
            clauses = parse(models, covering, claims)  # noqa: B023
            return [
                verify(
                    clauses[claim],
                    [Evidence(clauses[each]) for each in own],
                    cosine,
                    probability if entailment else None,
                )
                for claim, own, cosine, probability in zip(
                    claims, covering, cosines, probabilities, strict=True  # noqa: B023
                )
            ]  # fmt: skip

        decisions["model"] += [each >= SUPPORTED for each in probabilities]
        for system, entailment in (("rules", False), ("newsbrief", True)):
            verdicts = timed(system, lambda: decide(entailment))  # noqa: B023
            scores[system] += [each.score for each in verdicts]
            decisions[system] += [each.status == "supported" for each in verdicts]
    # The rules' time holds the parsing, which a second pass finds done.
    seconds["newsbrief"] = sum(seconds[each] for each in ("rules", "model", "vector_cosine"))
    return scores, decisions, {name: len(rows) / took for name, took in seconds.items() if took}


def nearest(models: Models, chosen: Sequence[Sequence[str]], claims: Sequence[str]) -> list[float]:
    texts = list(dict.fromkeys([*claims, *(each for own in chosen for each in own)]))
    vectors = dict(zip(texts, models.encoder.encode(texts), strict=True))
    return [
        max(float(vectors[claim] @ vectors[each]) for each in own)
        for claim, own in zip(claims, chosen, strict=True)
    ]


def probability(
    models: Models, chosen: Sequence[Sequence[str]], claims: Sequence[str]
) -> list[float]:
    if models.checker is None:
        return [0.5] * len(claims)
    pairs = [(" ".join(own), claim) for own, claim in zip(chosen, claims, strict=True)]
    return [float(each) for each in models.checker.entails(pairs)]


def parse(
    models: Models, chosen: Sequence[Sequence[str]], claims: Sequence[str]
) -> dict[str, ParsedSentence]:
    texts = list(dict.fromkeys([*claims, *(each for own in chosen for each in own)]))
    return {
        text: ParsedSentence(text, parsed)
        for text, parsed in zip(texts, models.parser.parse(texts), strict=True)
    }


def measure(
    scores: Sequence[float], decisions: Sequence[bool] | None, labels: Sequence[int], speed: float
) -> dict[str, float | int | None]:
    found, wanted = np.array(scores), np.array(labels, dtype=bool)
    said = found >= best_threshold(found, wanted) if decisions is None else np.array(decisions)
    refused = ~said
    return {
        "roc_auc": auc(found, wanted),
        "balanced_accuracy": float((said[wanted].mean() + refused[~wanted].mean()) / 2),
        "precision_unsupported": float((~wanted)[refused].mean()) if refused.any() else None,
        "recall_unsupported": float(refused[~wanted].mean()),
        "calibration_error": calibration_error(found, wanted),
        "pairs_per_second": speed or None,
        "n": len(labels),
    }


def auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Area under the ROC curve: how often a true claim scores above a false one."""
    _, ranks, counts = np.unique(scores, return_inverse=True, return_counts=True)
    middle = np.cumsum(counts) - (counts - 1) / 2
    positive = int(labels.sum())
    negative = len(labels) - positive
    total = middle[ranks][labels].sum() - positive * (positive + 1) / 2
    return float(total / max(1, positive * negative))


def best_threshold(scores: np.ndarray, labels: np.ndarray) -> float:
    candidates = np.unique(scores)
    gains = [(scores[labels] >= t).mean() + (scores[~labels] < t).mean() for t in candidates]
    return float(candidates[int(np.argmax(gains))])


def calibration_error(scores: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error over ten bins of equal width (Guo et al. 2017)."""
    bins = np.minimum((np.clip(scores, 0, 1) * 10).astype(int), 9)
    return float(
        sum(
            (bins == k).mean() * abs(scores[bins == k].mean() - labels[bins == k].mean())
            for k in range(10)
            if (bins == k).any()
        )
    )


def by_type(rows: Sequence[dict], decisions: Sequence[bool]) -> dict[str, tuple[int, float]]:
    """Type of row → (how many, share refused)."""
    found: dict[str, list[bool]] = defaultdict(list)
    for row, supported in zip(rows, decisions, strict=True):
        found[f"{row.get('type')}/{row['label']}"].append(not supported)
    return {kind: (len(own), float(np.mean(own))) for kind, own in sorted(found.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, help="rows a set, drawn with a fixed seed")
    parser.add_argument(
        "--held-out", action="store_true", help="leave out the half of the sources tuned on"
    )
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--types", action="store_true", help="print what is refused by type")
    given = parser.parse_args()
    models = load(ModelConfig())
    sets: dict[str, dict[str, dict]] = {}
    judged: list[tuple[float, int]] = []
    for path in given.data:
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        if given.held_out:
            rows = [row for row in rows if not tuned_on(row["source"])]
        if given.limit and given.limit < len(rows):
            rows = Random(0).sample(rows, given.limit)
        labels = [int(row["label"]) for row in rows]
        scores, decisions, speeds = score(rows, models)
        sets[path.stem] = {
            system: measure(scores[system], decisions.get(system), labels, speeds.get(system, 0.0))
            for system in SYSTEMS
        }
        show(path.stem, sets[path.stem])
        judged += zip(scores["newsbrief"], labels, strict=True)
        if given.types:
            for kind, (n, share) in by_type(rows, decisions["newsbrief"]).items():
                print(f"    {kind:50} {n:5}  refused {share:.2f}")
    sets["mean"] = {
        system: {
            key: float(np.mean([own[system][key] for own in sets.values() if own[system][key] is not None] or [0]))
            for key in next(iter(sets.values()))[system]
        }
        for system in SYSTEMS
    }  # fmt: skip
    show("mean", sets["mean"])
    curve = reliability(judged)
    print("\nreliability of newsbrief, all sets: mean score, share supported, n")
    for score_, share, n in curve:
        print(f"{score_:8.2f}{share:8.2f}{n:7}")
    if given.json:
        found = {"sets": sets, "reliability": curve}
        given.json.write_text(json.dumps(found, indent=1) + "\n")


def reliability(judged: Sequence[tuple[float, int]]) -> list[tuple[float, float, int]]:
    """Scores and labels → by tenth of the score: its mean, the share supported, how many."""
    bins: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for each in judged:
        bins[min(9, int(each[0] * 10))].append(each)
    return [
        (float(np.mean([s for s, _ in own])), float(np.mean([y for _, y in own])), len(own))
        for _, own in sorted(bins.items())
    ]


def show(name: str, systems: dict[str, dict]) -> None:
    print(
        f"\n{name:16}{'AUC':>7}{'bal.acc':>9}{'P uns.':>8}{'R uns.':>8}{'ECE':>7}{'pairs/s':>9}{'n':>7}"
    )
    for system, figures in systems.items():
        cells = [figures[key] for key in ("roc_auc", "balanced_accuracy", "precision_unsupported",
                                          "recall_unsupported", "calibration_error")]  # fmt: skip
        shown = "".join(f"{cell:8.3f}" if cell is not None else "       -" for cell in cells)
        speed = figures["pairs_per_second"]
        print(f"{system:15}{shown}{speed or 0:9.0f}{figures['n']:7.0f}", flush=True)


if __name__ == "__main__":
    main()
