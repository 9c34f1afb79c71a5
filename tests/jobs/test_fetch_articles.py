"""What is gathered for a request stays within its limits, however feeds expand."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from service.errors import FetchFailed, NothingToBrief
from service.jobs.fetch_articles import Gathered, fetch_articles
from service.schemas.conversion import Limits
from service.schemas.wire import ArticleIn
from service.sources.cache import Page
from service.sources.extract import Extracted
from service.sources.fetch import FEED, PAGE

LIMITS = Limits(articles=4, article_characters=50, total_characters=100)


class Web:
    """Pages by URL; a feed answers late, so that what is asked for last comes first."""

    def __init__(self, **pages: str) -> None:
        self._pages = {f"https://{name}.example": markup for name, markup in pages.items()}

    async def fetch(self, url: str, accepted: frozenset[str] = PAGE) -> Page:
        await asyncio.sleep(0.02 if accepted == FEED and "first" in url else 0)
        if url not in self._pages:
            raise FetchFailed("http-status", "The server answers 404.")
        return Page(url, self._pages[url])


def rss(*names: str) -> str:
    items = "".join(
        f'<item><guid isPermaLink="false">guid</guid><link>https://{name}.example</link></item>'
        for name in names
    )
    return f'<rss version="2.0"><channel><title>Desk</title>{items}</channel></rss>'


def read(web: Web, *wires: ArticleIn, limits: Limits = LIMITS) -> Gathered:
    def extract(markup: str, url: str | None) -> Extracted:
        return Extracted(text=markup)

    return asyncio.run(fetch_articles(wires, web, extract, limits))


def feed(name: str) -> ArticleIn:
    return ArticleIn(feed=f"https://{name}.example")


def test_two_feeds_name_their_entries_in_the_order_of_the_request():
    web = Web(first=rss("a"), second=rss("b"), a="A", b="B")

    found = read(web, feed("first"), feed("second"))

    assert [(each.id, each.text) for each in found.articles] == [("guid", "A"), ("guid-2", "B")]


def test_what_the_caller_sent_has_room_before_what_feeds_bring():
    web = Web(first=rss("a", "b", "c"), a="A", b="B", c="C")
    own = [ArticleIn(id=f"own{k}", text="T") for k in range(2)]

    found = read(web, feed("first"), *own)

    assert [each.text for each in found.articles] == ["A", "B", "T", "T"]
    assert [(each.id, each.code) for each in found.unread] == [("guid-3", "too-many-articles")]


def test_characters_in_all_hold_after_expansion_and_a_smaller_page_still_fits():
    web = Web(first=rss("a", "b", "c"), a="A" * 50, b="B" * 41, c="C" * 40)

    found = read(web, feed("first"), ArticleIn(id="own", text="T" * 10))

    assert [len(each.text or "") for each in found.articles] == [50, 40, 10]
    assert [(each.id, each.code) for each in found.unread] == [("guid-2", "too-large")]


def test_every_entry_is_an_article_or_told():
    web = Web(first=rss("a", "gone", "b"), a="A", b="B" * 51)

    desk = ArticleIn(id="desk", feed="https://second.example")
    found = read(web, feed("first"), desk)

    assert [each.id for each in found.articles] == ["guid"]
    assert [(each.id, each.code) for each in found.unread] == [
        ("guid-2", "http-status"), ("guid-3", "too-large"), ("desk", "http-status")
    ]  # fmt: skip


def test_a_request_of_which_nothing_is_left_lists_the_causes():
    with pytest.raises(NothingToBrief, match="None of the 1 articles could be fetched: 'feed-"):
        read(Web(), feed("first"))


def test_what_the_caller_says_goes_before_what_the_page_says():
    def extract(markup: str, url: str | None) -> Extracted:
        return Extracted(text=markup, title="Page's", author="Page's", publisher="Page's")

    wire = ArticleIn(url="https://a.example", title="Mine")
    (article,) = asyncio.run(fetch_articles([wire], Web(a="A"), extract, LIMITS)).articles

    assert (article.title, article.author, article.publisher) == ("Mine", "Page's", "Page's")


class Labelled(Web):
    """Whose pages come with what their headers say of their use."""

    async def fetch(self, url: str, accepted: frozenset[str] = PAGE) -> Page:
        page = await super().fetch(url, accepted)
        return Page(page.url, page.markup, "tdm-reservation: 1")


@pytest.mark.parametrize(
    ("mine", "kept"),
    [(None, "tdm-reservation: 1; robots: noai"), ("Licensed to the desk.", "Licensed to the desk.")],
)  # fmt: skip
def test_what_headers_and_page_say_of_its_use_is_kept(mine: str | None, kept: str):
    def extract(markup: str, url: str | None) -> Extracted:
        return Extracted(text=markup, rights="robots: noai")

    wire = ArticleIn(url="https://a.example", rights=mine)
    (article,) = asyncio.run(fetch_articles([wire], Labelled(a="A"), extract, LIMITS)).articles

    assert article.rights == kept


def test_a_feed_of_json_is_expanded_like_another():
    items = [{"id": 1, "url": "/deep", "title": "Ferries stop"}, {"content_text": "Trains run."}]
    markup = msgspec.json.encode(
        {"version": "https://jsonfeed.org/version/1", "items": items}
    ).decode()
    web = Web(first=markup)

    found = read(web, feed("first"))

    assert [each.text for each in found.articles] == ["<p>Trains run.</p>"]
    assert [(each.id, each.code) for each in found.unread] == [("1", "http-status")]


def test_an_entry_that_was_escaped_twice_is_extracted_as_html():
    told = "&amp;lt;p&amp;gt;Ferries stop.&amp;lt;/p&amp;gt;"
    markup = f'<rss version="2.0"><channel><item><description>{told}</description></item></channel></rss>'

    (article,) = read(Web(first=markup), feed("first")).articles

    assert article.text == "<p>Ferries stop.</p>"


def test_a_feed_that_is_refused_names_its_cause():
    grows = '<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><rss version="2.0"/>'

    with pytest.raises(NothingToBrief, match="entities that can grow"):
        read(Web(first=grows), feed("first"))
