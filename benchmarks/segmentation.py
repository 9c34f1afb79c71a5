"""Sentence splitters against gold boundaries: exact-span precision, recall and F1.

The data is one JSON object a line: `text` (one paragraph or heading a line), `genre`, and
`sentences[].text` in the order of the text. A sentence counts as found if both its start
and its end are exact. Splitters get the text line by line, as the pipeline does, so
what is measured is the splitting inside paragraphs.

    python -m benchmarks.segmentation gum.jsonl
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

Span = tuple[int, int]
Splitter = Callable[[str], list[Span]]


class Score(msgspec.Struct):
    splitter: str
    genre: str
    gold: int
    found: int
    right: int
    seconds: float = 0.0

    @property
    def precision(self) -> float:
        return self.right / max(1, self.found)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.gold)

    @property
    def f1(self) -> float:
        return 2 * self.right / max(1, self.gold + self.found)


def splitters(names: list[str]) -> dict[str, Splitter]:
    """The named ones, loaded."""
    return {name: MAKERS[name]() for name in names}


def newsbrief() -> Splitter:
    from service.pipeline.ingest.sentences import split

    return split


def blingfire() -> Splitter:
    import blingfire as library

    return lambda text: list(library.text_to_sentences_and_offsets(text)[1])


def pysbd() -> Splitter:
    import pysbd as library

    segmenter = library.Segmenter(language="en", clean=False, char_span=True)

    def split(text: str) -> list[Span]:
        return [stripped(text, each.start, each.end) for each in segmenter.segment(text)]

    return split


def syntok() -> Splitter:
    import syntok.segmenter as library

    def split(text: str) -> list[Span]:
        return [
            (tokens[0].offset, tokens[-1].offset + len(tokens[-1].value))
            for paragraph in library.analyze(text)
            for tokens in map(list, paragraph)
        ]

    return split


def spacy_rules() -> Splitter:
    import spacy

    pipeline = spacy.blank("en")
    pipeline.add_pipe("sentencizer")
    return from_spacy(pipeline)


def spacy_parser() -> Splitter:
    import spacy

    from service.models.registry import locate

    return from_spacy(spacy.load(locate("en_core_web_sm", "parser").path))


def spacy_senter() -> Splitter:
    import spacy

    from service.models.registry import locate

    pipeline = spacy.load(
        locate("en_core_web_sm", "parser").path, exclude=["parser", "ner", "tagger", "lemmatizer"]
    )
    pipeline.enable_pipe("senter")
    return from_spacy(pipeline)


def from_spacy(pipeline: Callable[[str], object]) -> Splitter:
    def split(text: str) -> list[Span]:
        doc = pipeline(text)
        return [stripped(text, each.start_char, each.end_char) for each in doc.sents]  # type: ignore[attr-defined]

    return split


MAKERS: dict[str, Callable[[], Splitter]] = {
    "newsbrief": newsbrief,
    "blingfire": blingfire,
    "pysbd": pysbd,
    "syntok": syntok,
    "spacy-rules": spacy_rules,
    "spacy-senter": spacy_senter,
    "spacy-parser": spacy_parser,
}


def stripped(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())


def gold(document: dict) -> set[Span]:
    """Where the gold sentences stand in the text."""
    spans: set[Span] = set()
    position = 0
    for sentence in document["sentences"]:
        start = document["text"].index(sentence["text"], position)
        position = start + len(sentence["text"])
        spans.add((start, position))
    return spans


def lines(text: str) -> Iterator[Span]:
    position = 0
    for line in text.split("\n"):
        if line.strip():
            yield position, position + len(line)
        position += len(line) + 1


def found(split: Splitter, text: str) -> set[Span]:
    return {
        (begin + start, begin + end)
        for begin, finish in lines(text)
        for start, end in split(text[begin:finish])
        if end > start
    }


def measure(name: str, split: Splitter, documents: list[dict]) -> list[Score]:
    """One score a genre, and one over all."""
    scores: dict[str, Score] = defaultdict(lambda: Score(name, "", 0, 0, 0))
    for document in documents:
        began = time.perf_counter()
        spans = found(split, document["text"])
        took = time.perf_counter() - began
        right = gold(document)
        for genre in (document["genre"], "all"):
            score = scores[genre]
            score.genre = genre
            score.gold += len(right)
            score.found += len(spans)
            score.right += len(right & spans)
            score.seconds += took
    return [scores[genre] for genre in sorted(scores)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path, help="JSON lines with text, genre and sentences")
    parser.add_argument("--splitters", nargs="+", choices=sorted(MAKERS), default=list(MAKERS))
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    given = parser.parse_args()
    documents = [json.loads(line) for line in given.data.read_text().splitlines()]
    scores = [
        score
        for name, split in splitters(given.splitters).items()
        for score in measure(name, split, documents)
    ]
    if given.json:
        print(json.dumps([{**msgspec.to_builtins(each), "f1": each.f1} for each in scores]))
        return
    print(f"{'splitter':14}{'genre':12}{'gold':>6}{'P':>8}{'R':>8}{'F1':>8}{'seconds':>9}")
    for each in scores:
        print(
            f"{each.splitter:14}{each.genre:12}{each.gold:6}{each.precision:8.3f}"
            f"{each.recall:8.3f}{each.f1:8.3f}{each.seconds:9.2f}"
        )


if __name__ == "__main__":
    main()
