"""Rows that teach the writer's model to read: does the evidence say a claim, and how?

    python -m training.support --data TRAINING_SETS --out FILE

Gives `{cluster, kind: "support", evidence, claim, answer}` a line, for `training.writer`. The answers:
`Yes`; `Part`, of two sentences of which one tells a part of the other; `Claim`, where the evidence has
it only on somebody's word or less surely; `No`, where the evidence says otherwise; `Unknown`. Evidence is
cut by the function that the reader uses. Only sets whose licence lets a newsroom use the result are taken.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

from service.models.loading import ModelConfig, opened
from service.pipeline.ingest.sentences import spans
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.verification.evidence_window import evidence_window
from training.corrupt import CORRUPTIONS, speaker_last

HERE = Path(__file__).parent

SETS = {
    "fib_xsum": (190, 190), "fib_xsum_synth": (0, 90), "fib_cnndm": (90, 50), "factor_edits": (0, 90),
    "summedits_other": (130, 130), "cogensumm_rank": (40, 40), "summeval": (90, 90), "pawsx_en": (60, 60),
    "fever_symmetric": (40, 40), "fm2": (60, 60), "wice_train_partial": (0, 110), "mnli_dev": (45, 80),
    "snli_counterfactual": (20, 30), "negnli": (20, 40), "begin": (40, 40),
}  # fmt: skip
"""Set → how many true and how many false claims are taken."""

CONTRADICTING = (
    "contradict",
    "negation",
    "entswp",
    "numswp",
    "dateswp",
    "antonym",
    "not_paraphrase",
    "entity",
)
"""What the name of a false claim's type holds where the evidence says otherwise."""

PAIRS = {
    "supported": ("Yes", 60),
    "part": ("Part", 60),
    "contradicted": ("No", 74),
    "not said": ("Unknown", 60),
}
"""Kind of a pair of two outlets' sentences → its answer, and how many are taken."""

ANSWERS = {"attribution": "Claim", "hedge": "Claim", "mixed": "Unknown", "addition": "Unknown"}
"""Kind of error → its answer; of the others it is No."""

MOST_WORDS, MOST_EVIDENCE, MOST_CLAIM = 90, 110, 45


def labelled(folder: Path, random: Random) -> Iterator[dict[str, str]]:
    for name, wanted in SETS.items():
        found = [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]
        random.shuffle(found)
        left = dict(zip((1, 0), wanted, strict=True))
        for row in found:
            label, claim = int(row["label"]), row["claim"].strip()
            if not left[label] or not 3 < len(claim.split()) <= MOST_CLAIM:
                continue
            evidence = cut(row["evidence"], claim)
            if not 3 < len(evidence.split()) <= MOST_EVIDENCE or (label and claim in evidence):
                continue
            left[label] -= 1
            yield made(name, evidence, claim, "Yes" if label else refusal(name, row["type"]))


def refusal(name: str, kind: str) -> str:
    if name == "wice_train_partial":
        return "Part"
    return "No" if any(each in kind for each in CONTRADICTING) else "Unknown"


def cut(evidence: str | list[str], claim: str) -> str:
    if isinstance(evidence, str):
        evidence = [evidence[start:end] for start, end in spans(evidence)]
    return " ".join(evidence[k] for k in evidence_window(evidence, claim, MOST_WORDS))


def made(cluster: str, evidence: str, claim: str, answer: str) -> dict[str, str]:
    return {
        "cluster": cluster,
        "kind": "support",
        "evidence": evidence,
        "claim": claim,
        "answer": answer,
    }


def synthetic(folder: Path, random: Random, most: int) -> Iterator[dict[str, str]]:
    """Sentences of the news, each as it stands or turned, and one error made of it; those that
    lose who says it, or a hedge, first."""
    found = [
        row
        for name in ("b_poc_fusion", "b_sentfuse_cnndm")
        for row in map(json.loads, (folder / f"{name}.jsonl").read_text().splitlines())
        if len(row["sources"]) < 4
        and sum(len(each.split()) for each in row["sources"]) < MOST_WORDS
    ]
    taken = random.sample(found, 1000)
    texts = [text for row in taken for text in row["sources"]]
    with opened(ModelConfig(writer=None)) as models:
        parsed = dict(zip(texts, models.parser.parse(texts), strict=True))
    left = Counter(dict.fromkeys(CORRUPTIONS, most))
    left.update({"attribution": 3 * most, "hedge": most})
    for row in taken:
        evidence = [ParsedSentence(text, parsed[text]) for text in row["sources"]]
        joined = " ".join(row["sources"])
        claim = random.choice(evidence)
        kinds = sorted(
            CORRUPTIONS, key=lambda kind: (kind not in ("attribution", "hedge"), random.random())
        )
        for kind in kinds:
            wrong = CORRUPTIONS[kind](claim, evidence, random) if left[kind] else None
            if wrong and wrong != claim.text and wrong not in joined and len(wrong.split()) > 3:
                left[kind] -= 1
                yield made("synthetic", joined, wrong, ANSWERS.get(kind, "No"))
                kept = speaker_last(claim) or (
                    row["target"] if row["cover"] >= 0.8 and row["hard_ok"] else None
                )
                if kept or random.random() < 0.4:
                    yield made("synthetic", joined, kept or claim.text, "Yes")
                break


def pairs(path: Path, random: Random) -> Iterator[dict[str, str]]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    random.shuffle(rows)
    for kind, (answer, most) in PAIRS.items():
        for row in [row for row in rows if row["kind"] == kind][:most]:
            yield made(row["cluster"], row["evidence"], row["claim"], answer)


def main() -> None:
    parser = argparse.ArgumentParser(description="Rows that teach to read.")
    parser.add_argument("--data", type=Path, required=True, help="the folder of the training sets")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    random = Random(0)
    rows = [
        *labelled(given.data, random),
        *synthetic(given.data, random, 24),
        *pairs(HERE / "same_fact.jsonl", random),
    ]
    with given.out.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(len(rows), Counter(row["answer"] for row in rows))


if __name__ == "__main__":
    main()
