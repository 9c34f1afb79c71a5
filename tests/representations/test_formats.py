"""Offsets in every unit, and pages that source text can't escape into."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.types import (
    AgreementCell,
    AgreementRow,
    Article,
    ArticleReport,
    Brief,
    BriefSentence,
    Citation,
    Conflict,
    Coverage,
    Generation,
    Headline,
    Position,
    SentenceMode,
    Withheld,
)
from service.representations.html import to_html
from service.representations.markdown import to_markdown
from service.representations.ninjs import NINJS_SCHEMA, to_ninjs
from service.representations.text import to_text
from service.schemas.offsets import Offsets

TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60)
HOSTILE = (
    "</q><script>alert(1)</script> <img src=x onerror=alert(1)> [a](javascript:alert(1)) ' \" &"
)


@given(TEXTS, st.data())
def test_offsets_count_what_the_unit_counts(text: str, data: st.DataObject):
    at = data.draw(st.integers(0, len(text)))

    assert Offsets(text, "codepoint")(at) == at
    assert Offsets(text, "utf8")(at) == len(text[:at].encode())
    assert Offsets(text, "utf16")(at) == len(text[:at].encode("utf-16-le")) // 2


def brief_of(text: str) -> tuple[Brief, tuple[Article, ...]]:
    """A brief in which the text stands wherever a source's words can stand."""
    cited = Citation(
        article_id=text, start=0, end=len(text), quote=text, role="supports", score=1.0
    )
    said = {"mode": "extractive", "status": "supported", "checks": (), "origins": 1}
    brief = Brief(
        id="b",
        headline=Headline(text=text, citations=(cited,), **said),  # type: ignore[arg-type]
        text=text,
        sentences=(
            BriefSentence(id="s1", text=text, start=0, end=len(text), citations=(cited,), **said),  # type: ignore[arg-type]
        ),
        conflicts=(Conflict(type="figure", topic=text, positions=(Position(text, (cited,)),)),),
        withheld=(Withheld(text=text, reason="not-supported", detail=text),),
        articles=(
            ArticleReport(
                id=text, text_sha256="", origin=text, duplicate_of=None, used=True, language="en", warnings=()
            ),
        ),
        agreement=tuple(
            AgreementRow(sentence=row, text=text, cells=(
                AgreementCell(origin=text, stance=stance, citations=(cited,)),
            ))
            for row, stance in (("s1", "reports"), (None, "part"))
        ),
        coverage=Coverage(
            articles=1, used=1, origins=2, reprints=0, sentences=1, cited_sentences=1, printed=1,
            withheld=1,
        ),
        generation=Generation(models={}, prompts={}, pipeline="1", timings_ms={}),
    )  # fmt: skip
    return brief, (Article(id=text, text=text, publisher=text),)


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.found


@pytest.mark.parametrize("text", [HOSTILE, "plain"])
def test_source_text_makes_no_element_of_its_own(text: str):
    found = tags(to_html(*brief_of(text)))

    assert [tag for tag, _ in found] == [tag for tag, _ in tags(to_html(*brief_of("x")))]
    assert not [name for _, attributes in found for name in attributes if name.startswith("on")]


@given(TEXTS.filter(str.strip))
def test_no_text_adds_an_element(text: str):
    page = to_html(*brief_of(text))

    assert len(tags(page)) == len(tags(to_html(*brief_of("x"))))


def test_source_text_makes_no_markdown_of_its_own():
    made = to_markdown(*brief_of(HOSTILE))

    assert not re.search(r"(?<!\\)<(?:script|img)", made)
    assert not re.search(r"(?<!\\)\]\(javascript", made)


def test_pages_show_conflicts_and_what_was_withheld():
    brief, articles = brief_of("Talks resumed.")

    markdown, page = to_markdown(brief, articles), to_html(brief, articles)

    assert "[^1]: Talks resumed. (Talks resumed.), 0\u201314" in markdown
    for made in (markdown, page):
        assert "Sources disagree" in made
        assert "Withheld" in made
    assert "@media print" in page


def test_ninjs_has_the_members_of_its_schema_and_the_sources_as_associations():
    brief, articles = brief_of("Talks resumed.")
    made = json.loads(to_ninjs(brief, articles, datetime(2025, 1, 1, tzinfo=UTC)))

    assert made["standard"]["schema"] == NINJS_SCHEMA
    assert (made["uri"], made["type"], made["pubStatus"]) == (
        "urn:newsbrief:brief:b",
        "text",
        "usable",
    )
    assert made["versionCreated"] == "2025-01-01T00:00:00Z"
    assert made["headlines"][0]["value"] == "Talks resumed."
    assert made["bodies"][0]["contentType"] == "text/plain"
    source, sentence = made["associations"]
    assert {"name", "uri"} <= source.keys()
    assert "bodies" not in source
    assert (sentence["name"], sentence["bodies"][0]["value"]) == ("s1", "Talks resumed.")


@pytest.mark.parametrize(
    ("mode", "whole", "part"),
    [
        ("extractive", "composite", "digitalCreation"),
        ("edited", "composite", "algorithmicallyEnhanced"),
        ("abstractive", "compositeWithTrainedAlgorithmicMedia", "trainedAlgorithmicMedia"),
    ],
)
def test_ninjs_says_where_the_words_of_the_brief_and_of_each_sentence_are_from(
    mode: SentenceMode, whole: str, part: str
):
    brief, articles = brief_of("Talks resumed.")
    told = (msgspec.structs.replace(brief.sentences[0], mode=mode),)
    made = json.loads(
        to_ninjs(msgspec.structs.replace(brief, sentences=told), articles, datetime.now(UTC))
    )

    assert made["digitalSourceType"]["uri"].endswith(f"/{whole}")
    assert made["associations"][-1]["digitalSourceType"]["uri"].endswith(f"/{part}")


def test_every_page_says_who_reports_what_and_in_which_characters():
    brief, articles = brief_of("Talks resumed.")
    told = msgspec.structs.replace(articles[0], publisher="Harbor Ledger")

    text, markdown, page = (make(brief, (told,)) for make in (to_text, to_markdown, to_html))

    assert "reported by Harbor Ledger[1]" in text
    assert "| Talks resumed. | Harbor Ledger[^1] |" in markdown
    assert "*left out:* Talks resumed." in markdown
    assert "<td>Harbor Ledger<sup><a href='#c1'>1</a></sup></td>" in page
    csv = json.loads(to_ninjs(brief, (told,), datetime.now(UTC)))["bodies"][2]
    assert "s1,Talks resumed.,Talks resumed.,Harbor Ledger,,reports" in csv["value"]


def test_a_brief_of_one_origin_has_no_table():
    brief, articles = brief_of("Talks resumed.")
    one = msgspec.structs.replace(brief.coverage, origins=1)
    alone = msgspec.structs.replace(brief, coverage=one)

    for make in (to_text, to_markdown, to_html):
        assert "Who reports what" not in make(alone, articles)


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "Talks resumed."])
def test_what_programs_read_of_a_page_is_json_that_no_text_leaves(text: str):
    (held,) = re.findall(
        r"<script type='application/ld\+json'>(.*?)</script>", to_html(*brief_of(text))
    )

    described = json.loads(held)

    assert (described["text"], described["isBasedOn"][0]["publisher"]["name"]) == (text, text)


def test_text_shows_spans_conflicts_and_what_was_withheld():
    made = to_text(*brief_of("Talks resumed."))

    assert "[1]" in made
    assert "0-14 \u201cTalks resumed.\u201d" in made
    assert "Sources disagree (figure)" in made
    assert "not-supported" in made


def test_a_brief_without_a_sentence_says_so_everywhere():
    made, articles = brief_of("Talks resumed.")
    left = Withheld(
        text="He denied it.", reason="not-readable-alone", detail="It can't be read alone."
    )
    empty = msgspec.structs.replace(made, headline=None, text="", sentences=(), withheld=(left,))

    for page in (to_text(empty, articles), to_markdown(empty, articles), to_html(empty, articles)):
        assert "No sentence could be printed" in page
        assert "He denied it." in page
    assert "<details class=withheld open>" in to_html(empty, articles)
