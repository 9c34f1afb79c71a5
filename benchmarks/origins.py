"""Which pairs of articles are one origin: reprints and rewrites, or independent reports?

    python -m benchmarks.origins benchmarks/data/origins.jsonl neardup.jsonl --json origins.json

Data: JSON lines with two texts `a` and `b` (or `{title, text}`), and `same_origin` with a `kind`,
or a `type`. Our own pairs (`benchmarks/data/origins.jsonl`) are of invented events: a wire story
cut, re-headlined, given a local paragraph or rewritten, against independent reports. Sets whose
`type` was made from shared shingles say nothing of rewrites; they are reported by type.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

from service.models.base import Models
from service.models.loading import ModelConfig, load
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.ingest.syndication import find_origins
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.types import Article
from service.store.computation_cache import MemoryComputationCache

SAME = frozenset({"near_dup", "syndicated_edit"})
"""Types that are one origin where a set has no `same_origin`."""


def merged(row: dict[str, object], models: Models, memo: MemoryComputationCache) -> bool:
    """Whether the pair counts as one origin."""
    articles = tuple(_article(name, row[name]) for name in ("a", "b"))
    sources = ingest(articles, models.parser.languages)
    sentences = split_sentences(sources)
    vectors = embed([each.text for each in sentences], models.encoder, memo)
    return len(set(find_origins(sources, sentences, vectors).origin)) == 1


def _article(name: str, given: object) -> Article:
    if isinstance(given, dict):
        return Article(id=name, title=given.get("title"), text=given["text"])
    return Article(id=name, text=str(given))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, help="pairs a set, from its beginning")
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--wrong", action="store_true", help="list the pairs that are wrong")
    given = parser.parse_args()
    models = load(ModelConfig(checker=None))
    sets: dict[str, dict[str, float]] = {}
    for path in given.data:
        memo = MemoryComputationCache()
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()][: given.limit]
        counts = {"tp": 0, "fp": 0, "fn": 0, "tn": 0}
        kinds: dict[str, list[bool]] = defaultdict(list)
        for row in rows:
            same = row.get("same_origin", row.get("type") in SAME)
            said = merged(row, models, memo)
            counts[("tp" if said else "fn") if same else ("fp" if said else "tn")] += 1
            kinds[row.get("kind") or row["type"]].append(said)
            if given.wrong and said != same:
                print(f"wrong: {row['id']} ({row.get('kind') or row['type']})")
        right = 2 * counts["tp"]
        sets[path.stem] = {
            **counts,
            "f1": right / max(1, right + counts["fp"] + counts["fn"]),
            "independent_merged_share": counts["fp"] / max(1, counts["fp"] + counts["tn"]),
            **{f"merged_{kind}": sum(own) / len(own) for kind, own in sorted(kinds.items())},
        }
        print(path.stem)
        for key, value in sets[path.stem].items():
            print(f"  {key:28} {value:8.3f}", flush=True)
    if given.json:
        given.json.write_text(json.dumps({"sets": sets}, indent=1) + "\n")


if __name__ == "__main__":
    main()
