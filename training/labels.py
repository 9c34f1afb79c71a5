"""Our own writer's sentences with the labels that people gave them, put together again.

    python -m training.labels --data ../data --out /tmp/checker/labels.jsonl

`labels.jsonl` holds, for each sentence that the untuned writer made of a group of source
sentences, where these stand, a hash of what it wrote, and whether they support it; the
sentence itself only where the articles are this project's own. The rest is written again
from the texts, which the publishers own, and recognised by its hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import msgspec

from service.models.base import Models, Prompt
from service.models.loading import ModelConfig, load
from service.pipeline.writing.generation import BEAMS, MAX_NEW_TOKENS, clean_answer
from service.pipeline.writing.prompts import templates

LABELS = Path(__file__).parent / "labels.jsonl"
SEEDS = Path(__file__).parents[1] / "seeds"


class Label(msgspec.Struct):
    """`spans` are (article, start, end); `label` is 1 for supported."""

    set: str
    id: str
    spans: list[tuple[str, int, int]]
    claim_sha256: str
    label: int
    claim: str | None = None


def articles(data: Path, name: str, cluster: str) -> dict[str, str] | None:
    """Article id → text, or None where the set is not at hand."""
    if name == "seeds":
        return {path.stem: path.read_text("utf-8") for path in sorted(SEEDS.glob("*.txt"))}
    path = data / f"{name}.jsonl"
    if not path.is_file():
        return None
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    row = next((row for row in rows if row["id"] == cluster), None)
    return {each["id"]: each["text"] for each in row["articles"]} if row else None


def prompts(evidence: list[str]) -> list[Prompt]:
    """The prompts that the sentences were written by."""
    made = [templates()["compress"].render(sentence=evidence[0])]
    if len(evidence) > 1:
        made.append(templates()["fuse"].render(sentences=evidence[:2]))
    return made


def rebuilt(data: Path, models: Models) -> list[dict]:
    """Labels with evidence and claim; those that can't be put together again are left out."""
    if models.writer is None:
        raise ValueError("labels are put together again by the writer that wrote them")
    rows = [msgspec.json.decode(line, type=Label) for line in LABELS.read_bytes().splitlines()]
    found: list[tuple[Label, list[str]]] = []
    for row in rows:
        texts = articles(data, row.set, row.id)
        if texts is not None:
            found.append((row, [texts[name][start:end] for name, start, end in row.spans]))
    asked = {tuple(evidence[:2]): prompts(evidence) for row, evidence in found if row.claim is None}
    flat = [prompt for own in asked.values() for prompt in own]
    answers = models.writer.write(
        flat, max_new_tokens=MAX_NEW_TOKENS, candidates=BEAMS, on_step=lambda: None
    )
    claims = {
        hashlib.sha256(text.encode()).hexdigest()[:16]: text
        for answer in answers
        for text in map(clean_answer, answer)
    }
    return [
        {"evidence": evidence, "claim": claim, "label": row.label}
        for row, evidence in found
        if (claim := row.claim or claims.get(row.claim_sha256)) is not None
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the clusters")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    made = rebuilt(given.data, load(ModelConfig(checker=None)))
    given.out.write_text("".join(json.dumps(row) + "\n" for row in made))
    print(f"{len(made)} of {len(LABELS.read_bytes().splitlines())} labelled sentences")


if __name__ == "__main__":
    main()
