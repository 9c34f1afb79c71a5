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
from service.pipeline.decontextualization.compression import compressions
from service.pipeline.ingest.sentences import spans
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.verification.evidence_window import MAX_EVIDENCE_WORDS, evidence_window
from training.corrupt import CORRUPTIONS, speaker_last

LABELLED = {
    "fib_xsum": None, "fib_xsum_synth": None, "fib_cnndm": None, "factor_edits": 2500,
    "summedits_other": None, "cogensumm_rank": None, "summeval": None, "pawsx_en": None,
    "fever_symmetric": None, "fm2": None, "wice_train_partial": None, "mnli_dev": 3000,
    "snli_counterfactual": 1500, "negnli": 1000, "med": 400, "breaking_nli": 300,
    "hans_templates": 400, "begin": None, "factcc_sample": None,
}  # fmt: skip
"""Set → how many rows to take at most: templates teach little after a few hundred."""

FUSIONS = {"b_wikisplit_fusion": 2500, "b_sentfuse_cnndm": None, "b_poc_fusion": None, "b_poc_auto": None,
           "b_fib_gold": None}  # fmt: skip
"""Sets of (sources, target): the target is a true claim, and material for false ones."""

MIN_COVER = 0.7
"""Share of a fusion's words that its sources must hold for it to count as true."""

MAX_CLAIM_WORDS = 60

EASY = {"addition": 0.2, "negation": 0.3, "antonym": 0.6, "number": 0.7, "name_swap": 0.7}
"""How often a kind is tried that many sentences allow, so that the rare ones count."""

RARE = frozenset({"attribution", "hedge", "mixed", "role_swap", "date"})
"""Kinds tried first: few sentences allow them, and a model of this size learns them last."""


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
    return " ".join(sentences[k] for k in evidence_window(sentences, claim)) if sentences else ""


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


class Fusion(msgspec.Struct):
    """A true claim with the sentences it was made of."""

    sources: list[str]
    claim: str
    kind: str


def fusions(folder: Path, random: Random) -> Iterator[Fusion]:
    """Fusions that people made or marked, and for split pairs each half of the whole."""
    for name, most in FUSIONS.items():
        found = [row for row in rows(folder / f"{name}.jsonl") if row["cover"] >= MIN_COVER]
        found = [row for row in found if row["hard_ok"]]
        random.shuffle(found)
        for row in found[:most]:
            sources = [source for source in row["sources"] if source.strip()]
            if name == "b_wikisplit_fusion" and random.random() < 0.5:
                yield Fusion([row["target"]], random.choice(sources), "half")
            elif len(sources) > 12:
                chosen = evidence_window(sources, row["target"])
                yield Fusion([sources[k] for k in chosen], row["target"], "gold")
            else:
                yield Fusion(sources, row["target"], "fusion")


def synthetic(folder: Path, parser: Parser, random: Random) -> Iterator[Pair]:
    """True claims, each with a false one made of it: as many near-verbatim ones of both kinds.

    Where only false claims keep close to the evidence, a model learns to doubt whatever does.
    """
    made = list(fusions(folder, random))
    random.shuffle(made)
    noise = [source for each in made[:2000] for source in each.sources]
    for begin in range(0, len(made), 500):
        batch = made[begin : begin + 500]
        texts = [text for each in batch for text in (each.claim, *each.sources)]
        parsed = dict(zip(texts, parser.parse(texts), strict=True))
        for each in batch:
            evidence = [ParsedSentence(source, parsed[source]) for source in each.sources]
            text = " ".join(_among_others(each, noise, random))
            own = ParsedSentence(each.claim, parsed[each.claim])
            yield Pair(text, each.claim, 1, each.kind)
            yield from _false(own, evidence, text, 1 + (random.random() < 0.3), random)
            whole = random.choice(evidence)
            yield _kept(whole, text, random)
            yield from _false(whole, evidence, text, 1 + (random.random() < 0.2), random)


def _among_others(each: Fusion, noise: Sequence[str], random: Random) -> list[str]:
    """The sources among up to three sentences of other articles."""
    shown = list(each.sources)
    for _ in range(random.choice([0, 1, 1, 2, 3])):
        if sum(len(text.split()) for text in shown) < MAX_EVIDENCE_WORDS - 30:
            other = random.choice(noise)
            if other not in shown:
                shown.insert(random.randrange(len(shown) + 1), other)
    return shown


def _kept(whole: ParsedSentence, text: str, random: Random) -> Pair:
    """A true claim that keeps a source sentence's words: itself, less a clause, or turned."""
    short = [trim.text for trim in compressions(whole)[1:]]
    turned = speaker_last(whole)
    if turned and turned not in text and random.random() < 0.7:
        return Pair(text, turned, 1, "speaker_last")
    if short and random.random() < 0.7:
        return Pair(text, random.choice(short), 1, "clause_drop")
    return Pair(text, whole.text, 1, "identity")


def _false(
    claim: ParsedSentence, evidence: Sequence[ParsedSentence], text: str, most: int, random: Random
) -> Iterator[Pair]:
    kinds = [kind for kind in CORRUPTIONS if random.random() < EASY.get(kind, 1.0)]
    kinds.sort(key=lambda kind: (kind not in RARE, random.random()))
    for kind in kinds:
        wrong = CORRUPTIONS[kind](claim, evidence, random)
        if wrong is None or wrong == claim.text or len(wrong.split()) < 4 or wrong in text:
            continue
        yield Pair(text, wrong, 0, kind)
        most -= 1
        if not most:
            return
