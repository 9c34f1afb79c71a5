"""What a page says of itself, and what it doesn't."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.errors import InvalidRequest
from service.sources.extract import Extracted, extract

TEXT = (
    "Talks resumed in Moscow on Tuesday, officials of both sides said after they had met. The envoy"
    " stayed for five hours and left without a word to the reporters who waited in the snow outside."
    " Another round is planned for next week, but neither side would say where it is to be held."
)
META = (
    '<meta property="og:site_name" content="Meridian Post">'
    '<meta property="og:title" content="Envoy arrives in Moscow">'
    '<meta name="author" content="Ada Byrne">'
    '<meta property="article:published_time" content="2025-12-02T09:30:00+01:00">'
)
JSON_LD = (
    '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle",'
    ' "headline": "Envoy arrives in Moscow", "author": {"@type": "Person", "name": "Ada Byrne"},'
    ' "datePublished": "2025-12-02T09:30:00+01:00",'
    ' "publisher": {"@type": "Organization", "name": "Meridian Post"}}</script>'
)


def page(head: str = "", text: str = TEXT) -> str:
    return f"<html><head>{head}</head><body><nav>Home</nav><article><p>{text}</p></article></body></html>"


@pytest.mark.parametrize("head", [META, JSON_LD])
def test_a_page_tells_title_author_date_and_publisher(head: str):
    assert extract(page(head)) == Extracted(
        text=TEXT,
        title="Envoy arrives in Moscow",
        author="Ada Byrne",
        published_at=datetime(2025, 12, 2, 8, 30, tzinfo=UTC),
        language="en",
        publisher="Meridian Post",
    )


def test_a_day_without_a_time_is_its_midnight():
    only = META.replace("T09:30:00+01:00", "")

    assert extract(page(only)).published_at == datetime(2025, 12, 2, tzinfo=UTC)


def test_the_language_is_the_texts_whatever_the_template_declares():
    german = (
        "Die Gespräche in Moskau wurden am Dienstag fortgesetzt, sagten Vertreter beider Seiten."
    )
    declared = page(text=german).replace("<html>", '<html lang="en">')

    assert extract(declared).language == "de"


def test_what_a_page_does_not_say_is_left_open_and_its_host_publishes_it():
    found = extract(page(), "https://www.meridian.example/a")

    assert (found.title, found.author, found.published_at) == (None, None, None)
    assert found.publisher == "meridian.example"


@pytest.mark.parametrize("html", [f"<p>{TEXT}</p>", f"<article>{TEXT}</article>", TEXT])
def test_a_fragment_is_an_article_too(html: str):
    assert extract(html).text.strip() == TEXT


@pytest.mark.parametrize("html", ["<html></html>", "", "\x00", "<p>", "<html><body>"])
def test_a_page_without_an_article_says_the_way_out(html: str):
    with pytest.raises(InvalidRequest, match="Send the text itself"):
        extract(html)
