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


LISTS = {
    "<ul><li>Aunby: 14 hurt</li><li>Skel: <a href='/s'>2 hurt</a>, 3 missing.</li></ul>": [
        "- Aunby: 14 hurt",
        "- Skel: 2 hurt, 3 missing.",
    ],
    "<ol><li>The bell rang</li><li><p>The ship turned.</p></li></ol>": [
        "- The bell rang",
        "- The ship turned.",
    ],
    "<ul><li>Aunby<ul><li>Harbour</li><li>Market</li></ul></li></ul>": [
        "- Aunby",
        "- Harbour",
        "- Market",
    ],
    "<table><thead><tr><th>Town</th><th>Hurt</th></tr></thead><tr><td>Aunby</td><td>14</td></tr></table>": [
        "| Town | Hurt |",
        "| Aunby | 14 |",
    ],
    "<figure><table><tr><td>Aunby</td><td>14</td></tr><tr><td>Skel</td><td></td></tr></table>"
    "<figcaption>Source: county</figcaption></figure>": ["| Aunby | 14 |", "| Skel |  |"],
    "<table><tr><td>The county said on Wednesday that the two ships would stay in the harbour.</td></tr></table>": [
        "The county said on Wednesday that the two ships would stay in the harbour."
    ],
}


@pytest.mark.parametrize("markup", LISTS)
def test_items_and_rows_are_lines_of_their_own(markup: str):
    html = f"<article><p>{TEXT}</p>{markup}<p>Snow fell on the city again.</p></article>"

    assert extract(html).text.split("\n") == [
        TEXT,
        *LISTS[markup],
        "Snow fell on the city again.",
    ]


QUOTED = {
    "<blockquote class='twitter-tweet'><p lang='en' dir='ltr'>We stay.<br>We wait.</p>&mdash; Ada Bly (@adably)"
    " <a href='https://twitter.example/adably/status/1'>March 4, 2026</a></blockquote>": [
        "> We stay.",
        "> We wait.",
        "> \u2014 Ada Bly (@adably) March 4, 2026",
    ],
    "<blockquote><p>We stay.</p><p>We wait.</p><footer>\u2014 Ada Bly, <cite>Letters</cite></footer></blockquote>": [
        "> We stay.",
        "> We wait.",
        "> \u2014 Ada Bly, Letters",
    ],
    "<blockquote>We stay. <cite>Ada Bly</cite></blockquote>": ["> We stay.", "> \u2014 Ada Bly"],
    "<blockquote><p>We read <cite>Letters</cite> <!-- again --> to them.</p></blockquote>": [
        "> We read Letters to them."
    ],
    "<figure><blockquote><p>We stay.</p></blockquote><figcaption>Ada Bly</figcaption></figure>": [
        "> We stay.",
        "> \u2014 Ada Bly",
    ],
    "<blockquote><ul><li>We stay.</li><li>We wait.</li></ul><blockquote>They left.</blockquote></blockquote>": [
        "> We stay.",
        "> We wait.",
        "> They left.",
    ],
    "<blockquote class='instagram-media'><p>We stay.</p><script>embed()</script></blockquote>": [
        "> We stay."
    ],
}


@pytest.mark.parametrize("markup", QUOTED)
def test_block_quotations_are_marked_and_end_with_who_is_quoted(markup: str):
    html = f"<article><p>{TEXT}</p>{markup}<p>Snow fell on the city again.</p></article>"

    assert extract(html).text.split("\n") == [
        TEXT,
        *QUOTED[markup],
        "Snow fell on the city again.",
    ]


def test_a_page_that_is_indented_by_block_quotations_is_not_quoted():
    assert extract(f"<blockquote><p>{TEXT}</p></blockquote>").text == TEXT


def test_a_page_laid_out_by_tables_is_read_as_paragraphs():
    html = f"<table><tr><td><p>{TEXT}</p><p>{TEXT.replace('Moscow', 'Aunby')}</p></td></tr></table>"

    assert extract(html).text.split("\n") == [TEXT, TEXT.replace("Moscow", "Aunby")]


def test_a_quotation_in_a_sentence_has_marks():
    html = (
        f"<p>{TEXT}</p><p>The envoy said that <q>we <b>wait</b></q> and left the hall at once.</p>"
    )

    assert (
        "The envoy said that \u201cwe wait\u201d and left the hall at once." in extract(html).text
    )


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav><ul><li><a href='/a'>World</a></li><li><a href='/b'>Sport</a></li></ul></nav>",
        "<footer><ul><li><a href='/a'>Terms</a></li><li><a href='/b'>Imprint</a></li></ul></footer>",
        "<aside><ul><li><a href='/a'>World</a></li></ul></aside>",
        "<figure><img src='a.jpg'><figcaption>World</figcaption></figure>",
        "<div class='share'><ul><li><a href='/a'>World</a></li></ul></div>",
    ],
)
def test_menus_and_captions_are_left_out(furniture: str):
    html = f"<html><body>{furniture}<article><p>{TEXT}</p></article>{furniture}</body></html>"

    assert extract(html).text == TEXT


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>{}</p>", "<div HIDDEN=''><p>{}</p></div>", "<template><p>{}</p></template>", "<!-- {} -->",
        "<p style='display:none'>{}</p>", "<p style='visibility:hidden'>{}</p>", "<p aria-hidden='true'>{}</p>",
        "<img alt='{}' src='a.png'>", "<script>{}</script>", "<noscript><p>{}</p></noscript>",
        "<div hidden><template>{}</template><p hidden>{}</p></div>",
    ],
)  # fmt: skip
def test_what_a_page_does_not_show_is_left_out(hidden: str):
    told = hidden.replace("{}", "The mayor was arrested on Wednesday, the police of the town said.")
    html = f"<html><body><article><p>{TEXT}</p>{told}<p>{TEXT}</p></article></body></html>"

    assert "mayor" not in extract(html).text
    assert extract(f"<html hidden><body hidden><p>{TEXT}</p></body></html>").text == TEXT


@pytest.mark.parametrize("html", ["<html></html>", "", "\x00", "<p>", "<html><body>"])
def test_a_page_without_an_article_says_the_way_out(html: str):
    with pytest.raises(InvalidRequest, match="Send the text itself"):
        extract(html)


def test_what_a_page_reserves_goes_with_its_article():
    head = '<meta name="tdm-reservation" content="1"><meta name="robots" content="noai">'

    assert extract(page(head)).rights == "tdm-reservation: 1; robots: noai"
    assert extract(page()).rights is None
