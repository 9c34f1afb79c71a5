"""What is read, and what is printed, of the articles in `kinds`."""

from __future__ import annotations

import msgspec
import pytest

from service.models.base import Models
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.run import run
from service.pipeline.types import Article, Brief, Options, Request
from service.sources.extract import extract
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.ingest.kinds import BRIEFINGS, READINGS, Briefing, Reading

PAIRS = ("“”", "«»", "‹›", "「」")
PLAIN = str.maketrans(dict.fromkeys("“”‘’„‚«»‹›'", '"'))
"""A brief has its own kind of marks."""


@pytest.mark.parametrize("case", READINGS, ids=lambda case: case.name)
def test_what_is_read(case: Reading):
    sources = ingest([Article(id="a", text=case.text)], frozenset({"en"}))

    assert tuple(each.text for each in split_sentences(sources)) == case.sentences


@pytest.mark.parametrize("case", BRIEFINGS, ids=lambda case: case.name)
def test_what_is_printed(case: Briefing, models: Models):
    made = brief(case, models)

    assert faults(case, made) == []


@pytest.mark.parametrize(
    "case", [each for each in BRIEFINGS if each.told], ids=lambda case: case.name
)
def test_what_is_not_printed_is_told(case: Briefing, models: Models):
    made = brief(case, models)

    told = [
        *(each.text for each in made.sentences),
        *(each.text for each in made.withheld if each.reason),
    ]
    assert [each for each in case.told if not any(each.rstrip(".") in line for line in told)] == []
    assert made.sentences or made.warnings


def brief(case: Briefing, models: Models) -> Brief:
    texts = (*(extract(each).text for each in case.pages), *case.texts)
    articles = tuple(Article(id=f"a{k}", text=text) for k, text in enumerate(texts))
    alone = msgspec.structs.replace(models, writer=None, support=None)
    request = Request(articles=articles, options=Options(mode="extractive"))
    return run(request, alone, MemoryComputationCache(), lambda event: None)


def faults(case: Briefing, made: Brief) -> list[str]:
    """What of a brief is not as the case says."""
    lines = [each.text for each in (*made.sentences, *filter(None, (made.headline,)))]
    return [
        *(f"nobody's: {line}" for line in lines if lacks_speaker(line, case)),
        *(f"printed: {each}" for each in case.absent if any(each in line for line in lines)),
        *(f"unpaired: {line}" for line in lines if any(unpaired(line, pair) for pair in PAIRS)),
        *(f"not printed: {each}" for each in case.printed if plain(each) not in plain(made.text)),
        *(f"a reprint: {each.id}" for each in made.articles if case.apart and each.duplicate_of),
    ]


def lacks_speaker(line: str, case: Briefing) -> bool:
    """Whether somebody's words stand in a line without the name of who said them."""
    own = any(each.lower() in line.lower() for each in case.never)
    return own and not (case.by and case.by.lower() in line.lower())


def unpaired(line: str, pair: str) -> bool:
    """Whether one of two marks stands alone; not in a language that opens with the other's mark."""
    return "„" not in line and pair[0] in line and line.count(pair[0]) != line.count(pair[1])


def plain(text: str) -> str:
    return text.translate(PLAIN)
