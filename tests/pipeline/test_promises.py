"""The design's promises as properties of whole briefs, checked without the checker's code."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zlib import crc32

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.errors import Cancelled, NothingToBrief
from service.models.base import Models, Prompt
from service.pipeline.decontextualization.standalone import unresolved_reference
from service.pipeline.ingest.reading_view import plain_text
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.run import run
from service.pipeline.types import Article, Brief, BriefSentence, Options, Progress, Request
from service.pipeline.verification.verify import verify
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import FakeWriter, reports_in

pytestmark = pytest.mark.timeout(1200)
"""Half a minute of arithmetic a test where nothing else runs, and many times that beside others:
what would be a hang elsewhere is slowness here."""

MEMO = MemoryComputationCache()
"""Shared by the examples, so that a text is embedded once; test_the_same_request has its own."""

START = datetime(2025, 12, 1, tzinfo=UTC)
SCRAPS = [
    "",
    "\U0001f600 ",
    "\u05e9\u05dc\u05d5\u05dd ",
    "e\u0301 ",
    "No Result\n",
    "\ufeff",
    "a\u200d",
]

few = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class MutatingWriter(FakeWriter):
    """Joins the reports, damaged as writers damage them, and finds all of it supported."""

    fingerprint = "mutating"

    def __init__(self) -> None:
        super().__init__(damaged, odds=5.0, same=5.0)

    @property
    def calls(self) -> int:
        return len(self.prompts)


def damaged(prompt: Prompt) -> str:
    kind = crc32(prompt[-1].content.encode()) % 9
    return ", and ".join(mutate(each, kind).rstrip(".") for each in reports_in(prompt)) + "."


def mutate(sentence: str, kind: int) -> str:
    names = re.findall(r"(?<=\s)[A-Z][a-z]+", sentence)
    match kind:
        case 0:
            return re.sub(r", .*?(?=[,.])", "", sentence)
        case 1 if len(names) > 1:
            first, last = names[0], names[-1]
            return sentence.replace(first, "\0").replace(last, first).replace("\0", last)
        case 2:
            return re.sub(r"\d+", lambda found: str(int(found.group()) + 1), sentence)
        case 3:
            return re.sub(r"\b(not|never|no)\b ?", "", sentence)
        case 4:
            return re.sub(r"^.* (?:said|claimed|told \w+) (?:that )?", "", sentence)
        case 5:
            return sentence.replace("Putin", "Poroshenko")
        case 6:
            return f"\u201c{sentence}\u201d"
        case 7:
            return re.sub(r"\b(?:almost|nearly|more than|about)\b ?", "", sentence)
        case _:
            return " ".join(sentence.split()[: max(6, len(sentence.split()) // 2)]) + "."


@pytest.fixture(scope="module")
def mutating(models: Models) -> Models:
    return msgspec.structs.replace(models, writer=MutatingWriter())


def quiet(progress: Progress) -> None:
    return


@st.composite
def requests(draw: st.DrawFn, pool: tuple[Article, ...]) -> Request:
    """One to five of the articles, some cut, some with odd characters, at odd times."""
    chosen = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=5, unique_by=lambda a: a.id))
    articles = []
    for article in chosen:
        lines = article.text.split("\n")
        scrap = draw(st.sampled_from(SCRAPS))
        kept = lines[: draw(st.integers(3, len(lines)))]
        hours = draw(st.none() | st.integers(0, 48))
        articles.append(
            Article(
                id=article.id,
                text=scrap + f"\n{scrap}".join(kept),
                published_at=None if hours is None else START + timedelta(hours=hours),
            )
        )
    by_words = draw(st.booleans())
    options = Options(
        sentences=None if by_words else draw(st.integers(1, 10)),
        words=draw(st.integers(40, 250)) if by_words else None,
        style=draw(st.sampled_from(["paragraph", "bullets"])),
        focus=draw(st.sampled_from([None, "Pokrovsk", "oil revenue"])),
        max_citations=draw(st.integers(1, 6)),
    )
    return Request(articles=tuple(articles), options=options)


def texts(request: Request) -> dict[str, str]:
    return {article.id: article.text for article in request.articles}


def made(request: Request, models: Models) -> Brief | None:
    try:
        return run(request, models, MEMO, quiet)
    except NothingToBrief:
        return None


@few
@given(data=st.data())
def test_every_sentence_is_cited_to_the_exact_characters(
    data: st.DataObject, mutating: Models, seeds: tuple[Article, ...]
):
    request = data.draw(requests(seeds))
    brief = made(request, mutating)
    if brief is None:
        return

    for sentence in brief.sentences:
        assert brief.text[sentence.start : sentence.end] == sentence.text
        assert sentence.status in {"supported", "conflicted"}
        assert any(citation.role == "supports" for citation in sentence.citations)
        for citation in sentence.citations:
            text = texts(request)[citation.article_id]
            assert text[citation.start : citation.end] == citation.quote != ""
            ends = [at for part in citation.highlights for at in (part.start, part.end)]
            assert [citation.start, *ends, citation.end] == sorted(
                [citation.start, *ends, citation.end]
            )
    assert brief.coverage.printed == len(brief.sentences)
    assert len({sentence.text for sentence in brief.sentences}) == len(brief.sentences)


@few
@given(data=st.data())
def test_each_sentence_has_its_row_with_all_that_it_cites_and_no_origin_twice(
    data: st.DataObject, mutating: Models, seeds: tuple[Article, ...]
):
    request = data.draw(requests(seeds))
    brief = made(request, mutating)
    if brief is None:
        return

    count = len(brief.sentences)
    rows, left_out = brief.agreement[:count], brief.agreement[count:]
    assert [(row.sentence, row.text) for row in rows] == [(s.id, s.text) for s in brief.sentences]
    assert all(row.sentence is None and len(row.cells) > 1 for row in left_out)
    origin = {report.id: report.origin for report in brief.articles}
    for row in brief.agreement:
        cited = [(cell.origin, each) for cell in row.cells for each in cell.citations]
        assert len({cell.origin for cell in row.cells}) == len(row.cells)
        for own, each in cited:
            assert origin[each.article_id] == own
            assert texts(request)[each.article_id][each.start : each.end] == each.quote
    for sentence, row in zip(brief.sentences, rows, strict=True):
        held = {(each.article_id, each.start) for cell in row.cells for each in cell.citations}
        assert {(each.article_id, each.start) for each in sentence.citations} <= held


@few
@given(data=st.data())
def test_origins_counts_the_reports_of_the_whole_sentence_and_no_others(
    data: st.DataObject, mutating: Models, seeds: tuple[Article, ...]
):
    request = data.draw(requests(seeds))
    asked = msgspec.structs.replace(request.options, max_citations=9)  # none is left out
    brief = made(msgspec.structs.replace(request, options=asked), mutating)
    if brief is None:
        return

    origin = {report.id: report.origin for report in brief.articles}
    for sentence in brief.sentences:
        bearing = {
            origin[cited.article_id]
            for cited in sentence.citations
            if cited.role == "supports" or (cited.role, cited.extent) == ("corroborates", "whole")
        }
        every = {origin[cited.article_id] for cited in sentence.citations}
        assert 1 <= sentence.origins == len(bearing) <= len(every) <= brief.coverage.origins


@few
@given(data=st.data())
def test_every_name_and_number_stands_in_a_cited_span_or_is_a_recorded_normalisation(
    data: st.DataObject, mutating: Models, seeds: tuple[Article, ...]
):
    brief = made(data.draw(requests(seeds)), mutating)
    if brief is None:
        return

    for sentence in [*brief.sentences, *([brief.headline] if brief.headline else [])]:
        quotes = " ".join(plain_text(citation.quote) for citation in sentence.citations)
        recorded = {used.claim for check in sentence.checks for used in check.normalisations}
        assert unsupported_tokens(sentence.text, quotes) <= recorded


def unsupported_tokens(sentence: str, quotes: str) -> set[str]:
    """Capitalised words and numbers of a sentence that its quotes do not hold."""
    there = {word.lower() for word in tokens(quotes)}
    return {
        word
        for word in tokens(sentence)
        if (word[0].isupper() or word[0].isdigit()) and word.lower() not in there
    }


def tokens(text: str) -> list[str]:
    return [
        re.sub(r"['\u2019]s$", "", word) for word in re.findall(r"\w+(?:['\u2019.,-]\w+)*", text)
    ]


def test_the_scanner_sees_what_is_not_there():
    assert unsupported_tokens("Putin met 12 Poles.", "Mr. Putin met 11 people.") == {"12", "Poles"}


@few
@given(data=st.data())
def test_quotation_marks_stand_only_around_cited_words(
    data: st.DataObject, mutating: Models, seeds: tuple[Article, ...]
):
    brief = made(data.draw(requests(seeds)), mutating)
    if brief is None:
        return

    for sentence in brief.sentences:
        quotes = " ".join(plain_text(citation.quote) for citation in sentence.citations)
        for quoted in re.findall("\u201c([^\u201d]*)\u201d", sentence.text):
            assert quoted.rstrip(".,") in quotes


@few
@given(data=st.data())
def test_without_any_of_its_supports_a_sentence_is_not_supported(
    data: st.DataObject, mutating: Models, seeds: tuple[Article, ...]
):
    brief = made(data.draw(requests(seeds)), mutating)
    if brief is None:
        return

    for sentence in brief.sentences:
        cited = [each for each in sentence.citations if each.role == "supports"]
        if leans(sentence, mutating):
            first, *names = cited
            # Where the sentence before stands right before it, both are one passage.
            assert names or len(first.quote) > len(sentence.text)
            assert all(
                (each.article_id, each.end) < (first.article_id, first.start) for each in names
            )
        elif sentence.status == "supported":
            for left_out in cited:
                rest = [each.quote for each in cited if each is not left_out]
                assert not supported(sentence, rest, mutating)


def leans(sentence: BriefSentence, models: Models) -> bool:
    """Whether whom it calls "he" stands in the sentence that it is printed behind."""
    return (
        unresolved_reference(ParsedSentence(sentence.text, models.parser.parse([sentence.text])[0]))
        is not None
    )


def supported(sentence: BriefSentence, quotes: list[str], models: Models) -> bool:
    quotes = list(map(plain_text, quotes))
    claim, *parses = models.parser.parse([sentence.text, *quotes])
    evidence = [Evidence(ParsedSentence(q, p)) for q, p in zip(quotes, parses, strict=True)]
    vector, *others = models.encoder.encode([sentence.text, *quotes])
    closest = max((float(vector @ other) for other in others), default=0.0)
    return verify(ParsedSentence(sentence.text, claim), evidence, closest).status == "supported"


def test_the_same_request_gives_the_same_brief_whatever_the_order(
    models: Models, seeds: tuple[Article, ...]
):
    options = Options(sentences=3)

    briefs = [
        run(Request(articles=order, options=options), models, MemoryComputationCache(), quiet)
        for order in (seeds, tuple(reversed(seeds)))
    ]

    assert timeless(briefs[0]) == timeless(briefs[1])


def timeless(brief: Brief) -> bytes:
    generation = msgspec.structs.replace(brief.generation, timings_ms={})
    return msgspec.json.encode(msgspec.structs.replace(brief, generation=generation))


def test_a_brief_written_alone_equals_the_same_brief_written_beside_others(
    models: Models, seeds: tuple[Article, ...]
):
    asked = [
        Request(articles=seeds, options=Options(sentences=2, focus=focus))
        for focus in (None, "oil", "Pokrovsk")
    ]

    alone = run(asked[0], models, MemoryComputationCache(), quiet)
    with ThreadPoolExecutor(3) as pool:
        beside = list(
            pool.map(lambda each: run(each, models, MemoryComputationCache(), quiet), asked)
        )

    assert timeless(beside[0]) == timeless(alone)


def test_a_group_that_was_written_is_not_written_again(models: Models, seeds: tuple[Article, ...]):
    writer = MutatingWriter()
    counted = msgspec.structs.replace(models, writer=writer)
    memo = MemoryComputationCache()

    run(Request(articles=seeds), counted, memo, quiet)
    first = writer.calls
    run(Request(articles=seeds), counted, memo, quiet)

    assert first > 0
    assert writer.calls == first


def test_a_brief_can_be_cancelled_while_it_is_written(models: Models, seeds: tuple[Article, ...]):
    def stop(progress: Progress) -> None:
        if progress.stage == "write":
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        run(Request(articles=seeds), models, MemoryComputationCache(), stop)
