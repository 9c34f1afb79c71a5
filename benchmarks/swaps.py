"""Synthetic errors that training never saw: how many are caught, how many true ones refused.

    python -m benchmarks.swaps multi_news_aligned93.jsonl

True sentences are the human-written ones whose names and numbers stand in the source
sentences that people aligned them with. Each is changed in one way, by rules that share no
code with `training.corrupt`: those know grammar, these only capital letters and lists.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import msgspec

from benchmarks.checker import nearest, parse, probability
from service.models.loading import ModelConfig, load
from service.pipeline.intermediate import Evidence
from service.pipeline.verification.evidence_window import evidence_window
from service.pipeline.verification.verify import verify

NAME = re.compile(r"(?<=[a-z,] )[A-Z][\w\u2019'-]+(?: [A-Z][\w\u2019'-]+)*")
NUMBER = re.compile(r"\b\d[\d,.]*\d|\b\d\b")
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April June July August September October November December".split()
AUXILIARY = re.compile(
    r"\b(is|are|was|were|has|have|had|will|would|can|could|did|does)\b(?! not|n't)"
)
SAID = re.compile(r",? (?:he|she|they|[A-Z]\w+(?: [A-Z]\w+)*) (?:said|says|tells|told|claims|writes|reports|notes|adds)\b[^,.]*\.$")  # fmt: skip
LEADING = re.compile(r"^(?:According to [^,]+, |[A-Z][^,.]{2,40}? (?:said|says|claims|claimed|believes|alleges) (?:that )?)")  # fmt: skip
QUOTED = re.compile('[\u201c"]([^\u201c\u201d"]{8,})[\u201d"]')


class Case(msgspec.Struct):
    kind: str
    claim: str
    evidence: list[str]


COUNTED = "two three four five six seven eight nine ten eleven twelve twenty thirty hundred dozen first second third".split()
WORD = re.compile(r"[\w$%]+(?:[.,'\u2019-]\w+)*")


def truths(path: Path) -> Iterator[tuple[str, list[str], str]]:
    """(sentence, its aligned source sentences, cluster) where names and numbers stand there.

    A capitalised first word is a name if no text of the set has it in lower case.
    """
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    texts = [each["text"] for row in rows for each in row["articles"]]
    lower = {word for text in texts for word in WORD.findall(text) if word.islower()}
    for row in rows:
        aligned: dict[str, list[str]] = defaultdict(list)
        for each in row["alignments"]:
            if each["doc_sentence"] not in aligned[each["ref_sentence"]]:
                aligned[each["ref_sentence"]].append(each["doc_sentence"])
        for sentence, evidence in aligned.items():
            there = {plain(word) for text in evidence for word in WORD.findall(text)}
            first, *rest = WORD.findall(sentence) or [""]
            names = [word for word in rest if word[0].isupper()]
            names += [first] if first.lower() not in lower else []
            counts = [
                word for word in (first, *rest) if word[:1].isdigit() or word.lower() in COUNTED
            ]
            if len(sentence.split()) >= 6 and all(plain(word) in there for word in names + counts):
                yield sentence, evidence, row["id"]


def plain(word: str) -> str:
    return re.sub(r"['\u2019]s$", "", word.lower())


def swaps(
    sentence: str, evidence: Sequence[str], elsewhere: Sequence[str], random: Random
) -> Iterator[Case]:
    """All changes that the sentence allows; `elsewhere` are names of other clusters."""
    text = " ".join(evidence)

    def case(kind: str, claim: str | None) -> Iterator[Case]:
        if claim and claim != sentence and claim not in text:
            yield Case(kind, claim, list(evidence))

    names = list(NAME.finditer(sentence))
    if names:
        match = random.choice(names)
        absent = [name for name in elsewhere if name not in text]
        yield from case("name absent", put(sentence, match, random.choice(absent)))
        inside = sorted({each.group() for each in NAME.finditer(text)} - {match.group()})
        others = [name for name in inside if name not in sentence and match.group() not in name]
        if others:
            yield from case("name elsewhere", put(sentence, match, random.choice(others)))
    if len(names) > 1 and names[0].group() != names[-1].group():
        a, b = names[0], names[-1]
        yield from case("role swap", sentence[: a.start()] + b.group() + sentence[a.end() : b.start()]
                        + a.group() + sentence[b.end() :])  # fmt: skip
    if numbers := list(NUMBER.finditer(sentence)):
        match = random.choice(numbers)
        digits = str(int(match.group()[0]) % 9 + 1) + match.group()[1:]
        yield from case("number", put(sentence, match, digits))
    for kinds in (DAYS, MONTHS):
        if found := [match for name in kinds for match in re.finditer(rf"\b{name}\b", sentence)]:
            match = random.choice(found)
            other = random.choice([name for name in kinds if name != match.group()])
            yield from case("date", put(sentence, match, other))
    if quoted := QUOTED.search(sentence):
        words = quoted.group(1).split()
        k = random.randrange(len(words))
        changed = " ".join([*words[:k], "certainly", *words[k + 1 :]])
        yield from case("quote", sentence.replace(quoted.group(1), changed))
    if verb := AUXILIARY.search(sentence):
        yield from case("negation", f"{sentence[: verb.end()]} never{sentence[verb.end() :]}")
    for pattern in (SAID, LEADING):
        if pattern.search(sentence):
            bare = pattern.sub("." if pattern is SAID else "", sentence)
            bare = bare[:1].upper() + bare[1:]
            if len(bare.split()) >= 5 and "\u201c" not in bare and '"' not in bare:
                yield from case("attribution dropped", bare)


def put(text: str, match: re.Match[str], other: str) -> str:
    return text[: match.start()] + other + text[match.end() :]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--limit", type=int, default=400, help="true sentences")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", type=int, default=0, help="print so many errors let through")
    given = parser.parse_args()
    random = Random(11)
    found = list(truths(given.data))
    random.shuffle(found)
    found = found[: given.limit]
    names = {cluster: NAME.findall(sentence) for sentence, _, cluster in found}
    cases: list[Case] = []
    for sentence, evidence, cluster in found:
        cases.append(Case("true", sentence, evidence))
        elsewhere = [name for other, own in names.items() if other != cluster for name in own]
        cases += swaps(sentence, evidence, elsewhere, random)
    models = load(ModelConfig())
    claims = [case.claim for case in cases]
    chosen = [
        [case.evidence[k] for k in evidence_window(case.evidence, case.claim)] for case in cases
    ]
    cosines, said = nearest(models, chosen, claims), probability(models, chosen, claims)
    clauses = parse(models, [case.evidence for case in cases], claims)
    refused: dict[str, list[bool]] = defaultdict(list)
    passed: list[Case] = []
    for case, cosine, entailment in zip(cases, cosines, said, strict=True):
        evidence = [Evidence(clauses[each]) for each in case.evidence]
        model = entailment if models.checker is not None else None
        verdict = verify(clauses[case.claim], evidence, cosine, model)
        refused[case.kind].append(verdict.status != "supported")
        if verdict.status == "supported" and case.kind != "true":
            passed.append(case)
    shares = {
        kind: {"refused": sum(own) / len(own), "n": len(own)} for kind, own in refused.items()
    }
    for kind, figures in sorted(shares.items()):
        print(f"{kind:22}{figures['refused']:7.3f} of {figures['n']}")
    for case in passed[: given.show]:
        print(f"\n{case.kind}: {case.claim}\n    {' | '.join(case.evidence)[:400]}")
    if given.json:
        given.json.write_text(json.dumps(shares, indent=1) + "\n")


if __name__ == "__main__":
    main()
