"""Where two reports disagree: what is found, of what kind, and what is reported wrongly.

    python -m benchmarks.conflicts benchmarks/data/conflicts.jsonl --wrong

Data: JSON lines `{type, a: {published_at, text}, b: …, a_says, b_says}`, `type` one of figure,
superseded, status, attribution and none (a hard negative). A conflict counts as found if one is
reported between a sentence with `a_says` and one with `b_says`, whatever its type; the share of
the right type is given apart. Every pair reported elsewhere is false.

Lines `{claim_a, claim_b, weaken}` (ClaimDiff) count as cases too: a claim that the other weakens
disagrees with it, which is more than a conflict is, so that only their precision says much.

With `--clusters`, lines `{id, articles}` of real news without marks: what is reported there is
listed to be read.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np

from service.models.base import Models
from service.models.loading import ModelConfig, load
from service.pipeline.choose import MOST_RIVALS
from service.pipeline.conflict import NEAR, Dispute, find
from service.pipeline.embed import embed
from service.pipeline.intake import intake
from service.pipeline.read import Reader
from service.pipeline.segment import segment
from service.pipeline.types import Article
from service.store.memo import MemoryMemo


def disputes(reports: tuple[Article, ...], models: Models) -> list[tuple[str, str, Dispute]]:
    """Every two sentences of different articles that disagree, with how."""
    sources = intake(reports, models.parser.languages)
    sentences = segment(sources)
    vectors = embed([each.text for each in sentences], models.encoder, MemoryMemo())
    reader = Reader(models.parser, sources, sentences)
    reader.prefetch(range(len(sentences)))
    told: set[tuple[int, int]] = set()
    found: list[tuple[str, str, Dispute]] = []
    for i, one in enumerate(sentences):
        near = vectors @ vectors[i]
        others = [
            (int(j), float(near[j]), reader.evidence(int(j)))
            for j in np.argsort(-near, kind="stable")
            if sentences[j].article != one.article and near[j] >= NEAR
        ][:MOST_RIVALS]
        dispute = find(reader.evidence(i), others)
        if dispute is not None and (i, dispute.other) not in told:
            told.add((dispute.other, i))
            found.append((one.text, sentences[dispute.other].text, dispute))
    return found


def case(row: dict) -> dict:
    """A pair of claims as a case; other rows as they are."""
    if "claim_a" not in row:
        return row
    a, b = row["claim_a"], row["claim_b"]
    kind = "weakened" if row["weaken"] else "none"
    return {"id": row["id"], "type": kind, "a": {"text": a}, "b": {"text": b}, "a_says": a,
            "b_says": b, "note": row["topic"]}  # fmt: skip


def articles(row: dict) -> tuple[Article, ...]:
    """The two reports of a case."""
    return tuple(
        Article(
            id=name,
            text=row[name]["text"],
            published_at=datetime.fromisoformat(when)
            if (when := row[name].get("published_at"))
            else None,
        )
        for name in ("a", "b")
    )


def marked(row: dict, one: str, other: str) -> bool:
    """Whether the two sentences are those that the case marks; never of a negative."""
    pairs = ((row["a_says"], row["b_says"]), (row["b_says"], row["a_says"]))
    return row["type"] != "none" and any(
        (a in one or one in a) and (b in other or other in b) for a, b in pairs
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--clusters", action="store_true", help="real news: list what is found")
    parser.add_argument("--limit", type=int, help="cases or clusters, from the beginning")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--wrong", action="store_true", help="list what is missed or false")
    given = parser.parse_args()
    models = load(ModelConfig(checker=None), writer=False)
    rows = [json.loads(line) for line in given.data.read_text("utf-8").splitlines()][: given.limit]
    if given.clusters:
        for row in rows:
            cluster = tuple(Article(id=each["id"], text=each["text"]) for each in row["articles"])
            for a, b, dispute in disputes(cluster, models):
                print(f"{row['id']} {dispute.type}: {dispute.topic}\n  {a}\n  {b}", flush=True)
        return
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    false = 0
    for row in map(case, rows):
        found = disputes(articles(row), models)
        right = [each for each in found if marked(row, each[0], each[1])]
        wrong = [each for each in found if each not in right]
        own = counts[row["type"]]
        own["cases"] += 1
        own["found"] += bool(right)
        own["typed"] += any(each[2].type == row["type"] for each in right)
        false += len(wrong)
        if given.wrong and row["type"] != "none" and not right:
            print(f"missed {row['id']} {row['type']}: {row['a_says']} | {row['b_says']}")
        if given.wrong:
            for a, b, dispute in wrong:
                print(f"false {row['id']} {dispute.type} ({row['note']}):\n  {a}\n  {b}")
    found_, real = (
        sum(own[key] for kind, own in counts.items() if kind != "none")
        for key in ("found", "cases")
    )
    figures: dict[str, float] = {
        "precision": found_ / max(1, found_ + false), "recall": found_ / max(1, real),
        "reported": found_ + false, "false": false,
    }  # fmt: skip
    for kind, own in counts.items():
        figures[f"{kind}_cases"] = own["cases"]
        figures[f"{kind}_found"] = own["found"]
        figures[f"{kind}_right_type"] = own["typed"]
    for key, value in figures.items():
        print(f"{key:24}{value:8.3f}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
