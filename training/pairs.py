"""Training pairs for the checker: labelled sets, then synthetic errors and hard positives.

A pair is (evidence, claim, label, kind). Evidence is cut to the sentences that bear on the
claim by the very function that the checker uses. Only sets whose licence lets a newsroom
use the result are named here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from service.models.base import Parser
from service.pipeline.floor import trims
from service.pipeline.segment import spans
from service.pipeline.syntax import Clause
from service.pipeline.window import window
from training.corrupt import CORRUPTIONS

LABELLED = {
    "fib_xsum": None, "fib_xsum_synth": None, "fib_cnndm": None, "factor_edits": 2500,
    "summedits_other": None, "cogensumm_rank": None, "summeval": None, "pawsx_en": None,
    "fever_symmetric": None, "fm2": None, "wice_train_partial": None, "mnli_dev": None,
    "snli_counterfactual": 4000, "negnli": None, "med": 1500, "breaking_nli": 600,
    "hans_templates": 500, "begin": 3000, "factcc_sample": None,
}  # fmt: skip
"""Set → how many rows to take at most: templates teach little after a few hundred."""

FUSIONS = {"b_wikisplit_fusion": 9000, "b_sentfuse_cnndm": None, "b_poc_fusion": None, "b_poc_auto": None,
           "b_fib_gold": None}  # fmt: skip
"""Sets of (sources, target): the target is a true claim, and material for false ones."""

MIN_COVER = 0.7
"""Share of a fusion's words that its sources must hold for it to count as true."""

MAX_CLAIM_WORDS = 60

EASY = {"addition": 0.25, "negation": 0.4, "antonym": 0.8}
"""How often a kind is tried that nearly every sentence allows, so that the rare ones count."""


class Pair(msgspec.Struct):
    evidence: str
    claim: str
    label: int
    kind: str


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def cut(evidence: str | Sequence[str], claim: str) -> str:
    """The sentences of the evidence that bear on the claim."""
    sentences = list(evidence) if not isinstance(evidence, str) else sentences_of(evidence)
    return " ".join(sentences[k] for k in window(sentences, claim)) if sentences else ""


def sentences_of(text: str) -> list[str]:
    return [text[start:end] for start, end in spans(text)]


def labelled(folder: Path, random: Random) -> Iterator[Pair]:
    """The human-labelled pairs, and for the sets of negatives only the true sentence itself."""
    for name, most in LABELLED.items():
        found = rows(folder / f"{name}.jsonl")
        random.shuffle(found)
        for row in found[:most]:
            claim = row["claim"].strip()
            if not 2 < len(claim.split()) <= MAX_CLAIM_WORDS:
                continue
            evidence = cut(row["evidence"], claim)
            if not evidence:
                continue
            yield Pair(evidence, claim, int(row["label"]), f"{name}")
            if name == "factor_edits" and random.random() < 0.5:
                yield Pair(f"{row['context']} {evidence}", row["evidence"], 1, "identity")


def fusions(folder: Path, random: Random) -> Iterator[tuple[list[str], str, str]]:
    """(sources, true claim, kind): fusions, and for split pairs each half of the whole."""
    for name, most in FUSIONS.items():
        found = [row for row in rows(folder / f"{name}.jsonl") if row["cover"] >= MIN_COVER]
        found = [row for row in found if row["hard_ok"]]
        random.shuffle(found)
        for row in found[:most]:
            sources = [source for source in row["sources"] if source.strip()]
            if name == "b_wikisplit_fusion" and random.random() < 0.5:
                yield [row["target"]], random.choice(sources), "half"
            elif len(sources) > 12:
                chosen = window(sources, row["target"])
                yield [sources[k] for k in chosen], row["target"], "gold"
            else:
                yield sources, row["target"], "fusion"


def synthetic(folder: Path, parser: Parser, random: Random) -> Iterator[Pair]:
    """True claims with up to two false ones made of each, and clause drops of the sources."""
    made = list(fusions(folder, random))
    random.shuffle(made)
    noise = [source for sources, _, _ in made[:2000] for source in sources]
    for begin in range(0, len(made), 500):
        batch = made[begin : begin + 500]
        texts = [text for sources, claim, _ in batch for text in (claim, *sources)]
        parsed = dict(zip(texts, parser.parse(texts), strict=True))
        for sources, claim, kind in batch:
            evidence = [Clause(source, parsed[source]) for source in sources]
            shown = list(sources)
            if random.random() < 0.4:
                shown.insert(random.randrange(len(shown) + 1), random.choice(noise))
            text = " ".join(shown)
            own = Clause(claim, parsed[claim])
            yield Pair(text, claim, 1, kind)
            yield from _false(own, evidence, text, 2, random)
            short = [trim.text for trim in trims(evidence[0])[1:]]
            if short:
                yield Pair(text, random.choice(short), 1, "clause_drop")
            if random.random() < 0.4:
                whole = random.choice(evidence)
                yield from _false(whole, evidence, text, 1, random)


def _false(
    claim: Clause, evidence: Sequence[Clause], text: str, most: int, random: Random
) -> Iterator[Pair]:
    kinds = [kind for kind in CORRUPTIONS if random.random() < EASY.get(kind, 1.0)]
    random.shuffle(kinds)
    for kind in kinds:
        wrong = CORRUPTIONS[kind](claim, evidence, random)
        if wrong is None or wrong == claim.text or len(wrong.split()) < 4 or wrong in text:
            continue
        yield Pair(text, wrong, 0, kind)
        most -= 1
        if not most:
            return
