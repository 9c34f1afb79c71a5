"""No step takes a time that grows faster than the text: a hostile article costs what its length does.

Times of one text and of one four times as long are compared within one run, so that a busy machine
changes both. Texts that are parsed go up to the bound of what is parsed, all others far beyond it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from functools import cache

import numpy as np
import pytest

from service.models.base import Models, Parse, Vectors
from service.pipeline.alignment.conflicts import find
from service.pipeline.alignment.negation import denies
from service.pipeline.alignment.quantities import differ, figures
from service.pipeline.alignment.same_fact import SameFactReader
from service.pipeline.attribution.citations import agrees, highlights
from service.pipeline.decontextualization.compression import compressions
from service.pipeline.decontextualization.coreference import antecedent
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.decontextualization.standalone import (
    introduced_nouns,
    is_readable_after,
    is_standalone,
    preceding,
    presupposed_nouns,
    unresolved_reference,
)
from service.pipeline.ingest.boilerplate import Source, ingest
from service.pipeline.ingest.eligibility import story_vocabulary
from service.pipeline.ingest.lines import paragraphs
from service.pipeline.ingest.reading_view import reading_view
from service.pipeline.ingest.sentences import spans, split_sentences
from service.pipeline.ingest.syndication import find_origins
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.amounts import amounts
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.linguistics.parse import (
    MAX_PIECES,
    PIECE,
    ParsedSentence,
    balanced,
    is_parsable,
    quotations,
)
from service.pipeline.linguistics.person_mentions import (
    again,
    alone,
    descriptions,
    full_names,
    people,
    splits,
)
from service.pipeline.linguistics.quotations import all_quoted, attributed, marks, speaker
from service.pipeline.linguistics.relative_days import relative_days
from service.pipeline.selection.content_plan import plan
from service.pipeline.selection.salience import salience_scores, signals, with_support
from service.pipeline.types import Article, Options, Sentence
from service.pipeline.verification.calibration import overlap
from service.pipeline.verification.evidence_window import evidence_window
from service.pipeline.verification.predicate_arguments import (
    argument_order,
    argument_roles,
    hedges,
    polarity,
    words,
)
from service.pipeline.verification.surface_facts import dates, names, numbers, quotes
from service.pipeline.verification.verify import verify
from service.pipeline.writing.generation import clean_answer
from service.pipeline.writing.headlines import headlines
from service.pipeline.writing.sentence_form import presentable
from service.sources.extract import extract
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import Told

TIMES, GROWTH, FLOOR_S = 4, 8, 0.03
"""A text so many times as long may take so many times as long, and what is too short to be measured;
a quadratic step takes sixteen times as long."""

SHORT = 12_000
"""Characters of the shorter text."""

HOSTILE = {
    "commas": "abc,",
    "clauses": "which fell, ",
    "quotation marks": '"',
    "opening marks": "\u201c",
    "quoted words": '"a" ',
    "nested quotations": "\u201cHe said \u2018a \u201cb\u201d\u2019 ",
    "brackets": "(",
    "square brackets": "[a",
    "titles": "Mr. ",
    "articles": "the ",
    "indefinite articles": "a trail ",
    "letters": "a",
    "capitals": "A",
    "said": "said ",
    "denials": "did not run and ",
    "lines": "abc\n",
    "capital lines": "Abc def\n",
    "initials": "A. ",
    "short sentences": "Aa bb cc. ",
    "questions": '"Is it?" he said. ',
    "names": "Bank of England of ",
    "capitalised": "Vos Dahl, Olga Vos and ",
    "digits": "7",
    "figures": "12 killed, 5 hurt, ",
    "dates": "Monday, Dec. 4, ",
    "addresses": "https://a.b/c?d=e ",
    "and": "and ",
    "datelines": "KYIV, Ukraine AAAA ",
    "points": "...",
    "seen on": "is seen on ",
    "hyphens": "a-",
    "abbreviations": "the U.S. Inc. ",
    "hours": "at 5 p.m. ",
    "carriage returns": "\r",
    "indented lines": "abc\n  ",
    "items": "\n- a",
    "footnotes": "[1] ",
}  # fmt: skip


def hostile(name: str, length: int) -> str:
    """An opening that reads like news, and as much of the text as makes it so many characters long."""
    piece = HOSTILE[name]
    return "A man was killed in Oslo on Monday. KYIV, " + piece * (length // len(piece)) + "."


def seconds(step: Callable[[], object], tries: int = 3) -> float:
    def once() -> float:
        begun = time.perf_counter()
        step()
        return time.perf_counter() - begun

    return min(once() for _ in range(tries))


def assert_grows_no_faster(short: Callable[[], object], long: Callable[[], object]) -> None:
    """That `long`, which works on a text `TIMES` as long, takes at most `GROWTH` times as long."""
    for tries in (1, 3, 9):  # both again where a busy machine may have slowed one of them
        allowed = GROWTH * seconds(short) + FLOOR_S
        taken = seconds(long, tries)
        if taken <= allowed:
            return
    pytest.fail(f"{taken:.3f} s, allowed are {allowed:.3f} s")


def sources(text: str) -> tuple[Source, ...]:
    articles = [Article(id=each, text=text, language="en", title="Oslo") for each in "ab"]
    return ingest(articles, frozenset({"en"}))


def whole(text: str) -> tuple[Source, ...]:
    """Sources of one paragraph each, whatever ingest would mask of it."""
    return tuple(
        Source(
            Article(id=each, text=text),
            reading_view(text),
            None,
            ((0, len(text)),),
            True,
            "en",
            None,
        )
        for each in "ab"
    )


def vectors(count: int) -> Vectors:
    drawn = np.random.default_rng(7).normal(size=(count, 8)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def planned(text: str, opens: Callable[[int], bool]) -> None:
    sentences = split_sentences(whole(text))
    if not sentences:
        return
    rows = np.ones((len(sentences), 1), dtype=np.float32)
    options = Options()
    weighed = signals(sentences, rows, whole(text), (0, 1), options, rows[:1], None)
    same_fact = SameFactReader(Told(), MemoryComputationCache())
    salience = salience_scores(with_support(weighed, sentences, same_fact))
    plan(sentences, rows, weighed.origin, salience, opens, lambda i: None, opens, opens, options)


def originated(text: str) -> None:
    sentences = split_sentences(whole(text))
    find_origins(whole(text), sentences, vectors(len(sentences)))


TEXT_STEPS: dict[str, Callable[[str], object]] = {
    "ingest": sources,
    "split_sentences": lambda text: split_sentences(whole(text)),
    "spans": lambda text: list(spans(text)),
    "find_origins": originated,
    "story_vocabulary": lambda text: story_vocabulary(split_sentences(whole(text))),
    "salience and plan": lambda text: planned(text, lambda i: True),
    "plan of nothing that stands": lambda text: planned(text, lambda i: False),
    "quotations": lambda text: (quotations(text), quotations(text, unclosed=True), balanced(text)),
    "marks": lambda text: (marks(text, ""), all_quoted(text)),
    "preceding": lambda text: preceding(text.split(". ")),
    "alone": lambda text: (alone("Vos", text), alone("a", text), splits("Olga", "Vos", text)),
    "evidence_window": lambda text: evidence_window([text, text[::-1]], text),
    "overlap": lambda text: overlap([text], text, 2),
    "clean_answer": lambda text: (clean_answer(text), presentable(text)),
    "amounts": amounts,
    "relative_days": lambda text: relative_days(text, date(2026, 3, 2), ahead=True),
    "is_parsable": is_parsable,
    "paragraphs": lambda text: list(paragraphs(text)),
    "quoted in HTML": lambda text: extract(f"<p>{text}</p><blockquote>{text}</blockquote>"),
    "extract": lambda text: extract(f"<html><body><article><p>{text}</p></article></body></html>"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("step", TEXT_STEPS)
def test_work_on_a_text_grows_no_faster_than_the_text(step: str, name: str):
    work = TEXT_STEPS[step]
    short, long = hostile(name, SHORT), hostile(name, TIMES * SHORT)

    assert_grows_no_faster(lambda: work(short), lambda: work(long))


@pytest.mark.parametrize("name", HOSTILE)
def test_vectors_and_parses_of_a_long_text_take_no_longer_than_its_length(
    models: Models, name: str
):
    def read(text: str) -> None:
        embed([text], models.encoder, MemoryComputationCache())
        SourceReader(models.parser, (), ()).parse(text)

    short, long = hostile(name, SHORT), hostile(name, TIMES * SHORT)

    assert_grows_no_faster(lambda: read(short), lambda: read(long))


def read_all(models: Models, sentences: tuple[Sentence, ...], text: str) -> None:
    reader = SourceReader(models.parser, whole(text), sentences)
    for i in range(len(sentences)):
        reader.can_open(i)
        reader.is_readable_after(i)


@pytest.mark.parametrize("name", HOSTILE)
def test_sentences_are_read_in_a_time_that_grows_no_faster_than_their_number(
    models: Models, name: str
):
    short, long = (
        (text, split_sentences(whole(text)))
        for text in (hostile(name, SHORT // 3), hostile(name, TIMES * SHORT // 3))
    )
    read_all(models, long[1], long[0])  # parsed once

    assert_grows_no_faster(
        lambda: read_all(models, short[1], short[0]), lambda: read_all(models, long[1], long[0])
    )


Rule = Callable[[ParsedSentence, ParsedSentence], object]

SENTENCE_STEPS: dict[str, Rule] = {
    "compressions": lambda a, b: compressions(a),
    "headlines": lambda a, b: headlines(a),
    "is_standalone": lambda a, b: is_standalone(a),
    "is_readable_after": is_readable_after,
    "unresolved_reference": lambda a, b: unresolved_reference(a),
    "presupposed_nouns": lambda a, b: presupposed_nouns(a, preceding([b.text, a.text])[1]),
    "introduced_nouns": lambda a, b: introduced_nouns(a),
    "resolve": lambda a, b: antecedent(a, [b, b, b]),
    "speaker": lambda a, b: (speaker(a), attributed(a)),
    "people": lambda a, b: people(a),
    "descriptions": lambda a, b: descriptions(a),
    "full_names": lambda a, b: full_names(a),
    "again": lambda a, b: again(a, {"Vos": "Olga"}, {"of", "the"}),
    "names": lambda a, b: names(a, [Evidence(b)]),
    "numbers": lambda a, b: numbers(a, [Evidence(b)]),
    "dates": lambda a, b: dates(a, [Evidence(b)]),
    "quotes": lambda a, b: quotes(a, [Evidence(b)]),
    "words": lambda a, b: words(a, [Evidence(b)]),
    "argument_roles": lambda a, b: argument_roles(a, [Evidence(b)]),
    "placed": lambda a, b: argument_order(a, [Evidence(b)]),
    "polarity": lambda a, b: polarity(a, [Evidence(b)]),
    "hedges": lambda a, b: hedges(a, [Evidence(b)]),
    "verify": lambda a, b: verify(a, [Evidence(b)], 0.9),
    "find": lambda a, b: find(Evidence(a), [(0, 0.9, Evidence(b))]),
    "denies": lambda a, b: denies(a, b, 0.9),
    "figures": lambda a, b: figures(a),
    "differ": lambda a, b: differ(a, b, 0.9),
    "highlights": highlights,
    "agrees": lambda a, b: agrees(a, Evidence(b)),
}


def of_pieces(name: str, count: int) -> str:
    """A sentence of at most so many words and marks."""
    piece = HOSTILE[name].replace("\n", " ")
    times = (count - 8) // max(1, len(PIECE.findall(piece)))
    return f"Vos said {piece * times}. "[: 4 * count - 20] + " It ended."


@pytest.fixture(scope="module")
def sentence(models: Models) -> Callable[[str, int], tuple[str, Parse]]:
    @cache
    def get(name: str, count: int) -> tuple[str, Parse]:
        text = of_pieces(name, count)
        assert is_parsable(text)
        return text, models.parser.parse([text])[0]

    return get


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("step", SENTENCE_STEPS)
def test_work_on_a_sentence_grows_no_faster_than_the_sentence(
    sentence: Callable[[str, int], tuple[str, Parse]], step: str, name: str
):
    rule = SENTENCE_STEPS[step]

    def work(count: int) -> None:
        text, tokens = sentence(name, count)
        rule(ParsedSentence(text, tokens), ParsedSentence(text, tokens))

    work(MAX_PIECES)  # parsed once

    assert_grows_no_faster(lambda: work(MAX_PIECES // TIMES), lambda: work(MAX_PIECES))
