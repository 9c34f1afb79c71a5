"""Where two reports disagree: what is found, of what kind, and what is reported wrongly.

    python -m benchmarks.conflicts benchmarks/data/conflicts.jsonl --wrong

Data: JSON lines `{type, a: {published_at, text}, b: …, a_says, b_says}`, `type` one of figure,
superseded, status, attribution and none (a hard negative). A conflict counts as found if one is
reported between a sentence with `a_says` and one with `b_says`, whatever its type; the share of
the right type is given apart. Every pair reported elsewhere is false.

Lines `{claim_a, claim_b, weaken}` (ClaimDiff) count as cases too: a claim that the other weakens
disagrees with it, which is more than a conflict is, so that only their precision says much.

With `--clusters`, lines `{id, articles}` of real news without marks: what is reported there is
listed to be read. Where the articles have a `stance` on a rumour, a cluster counts as found if one
of its conflicts has a sentence of an article that agrees and one of an article that disagrees.
Many such articles hold no sentence that denies the rumour alone, so that not all can be found.
`--half` takes every other cluster; the halves share rumours and articles, so that neither is unseen
where the other was read.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from service.models.base import Models
from service.models.loading import ModelConfig, load
from service.pipeline.alignment.conflicts import NEAR, Dispute, find
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.types import Article
from service.pipeline.writing.disputes import MOST_RIVALS
from service.store.computation_cache import MemoryComputationCache


class Found(msgspec.Struct, frozen=True):
    """Two sentences that disagree, with how; `articles` are the ids of theirs."""

    a: str
    b: str
    articles: tuple[str, str]
    dispute: Dispute


def disputes(reports: tuple[Article, ...], models: Models) -> list[Found]:
    """Every two sentences of different articles that disagree."""
    sources = ingest(reports, models.parser.languages)
    sentences = split_sentences(sources)
    vectors = embed([each.text for each in sentences], models.encoder, MemoryComputationCache())
    reader = SourceReader(models.parser, sources, sentences)
    reader.prefetch(range(len(sentences)))
    told: set[tuple[int, int]] = set()
    found: list[Found] = []
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
            other = sentences[dispute.other]
            ids = [sources[each.article].article.id for each in (one, other)]
            found.append(Found(one.text, other.text, (ids[0], ids[1]), dispute))
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


def list_clusters(rows: list[dict], models: Models) -> None:
    """Print what is reported, and how many of the clusters with two stances are found."""
    found = opposed = 0
    for row in rows:
        stance = {each["id"]: each.get("stance") for each in row["articles"]}
        cluster = tuple(Article(id=each["id"], text=each["text"]) for each in row["articles"])
        reported = disputes(cluster, models)
        for each in reported:
            stances = "/".join(filter(None, map(stance.get, each.articles)))
            print(f"{row['id']} {each.dispute.type}: {each.dispute.topic} {stances}")
            print(f"  {each.a}\n  {each.b}", flush=True)
        both = {"agree", "disagree"}
        opposed += both <= set(stance.values())
        found += any({stance[i] for i in each.articles} == both for each in reported)
    if opposed:
        print(f"found {found} of {opposed} clusters")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--clusters", action="store_true", help="real news: list what is found")
    parser.add_argument("--half", choices=["even", "odd"], help="every other case or cluster")
    parser.add_argument("--limit", type=int, help="cases or clusters, from the beginning")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--wrong", action="store_true", help="list what is missed or false")
    given = parser.parse_args()
    models = load(ModelConfig(checker=None))
    rows = [json.loads(line) for line in given.data.read_text("utf-8").splitlines()]
    if given.half:
        rows = rows[given.half == "odd" :: 2]
    rows = rows[: given.limit]
    if given.clusters:
        list_clusters(rows, models)
        return
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    false = 0
    for row in map(case, rows):
        found = disputes(articles(row), models)
        right = [each for each in found if marked(row, each.a, each.b)]
        wrong = [each for each in found if each not in right]
        own = counts[row["type"]]
        own["cases"] += 1
        own["found"] += bool(right)
        own["typed"] += any(each.dispute.type == row["type"] for each in right)
        false += len(wrong)
        if given.wrong and row["type"] != "none" and not right:
            print(f"missed {row['id']} {row['type']}: {row['a_says']} | {row['b_says']}")
        if given.wrong:
            for each in wrong:
                print(
                    f"false {row['id']} {each.dispute.type} ({row['note']}):\n  {each.a}\n  {each.b}"
                )
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
