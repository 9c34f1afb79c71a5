"""Feeds as they are served."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.errors import FetchFailed
from service.sources.cache import Page
from service.sources.feed import Entry, read_feed

RSS = """<?xml version="1.0" encoding="iso-8859-1"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
     xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Desk</title>
<item><title>Older</title><link>https://a.example/older</link>
  <pubDate>Mon, 01 Dec 2025 09:30:00 +0100</pubDate></item>
<item><title>Talks &lt;b&gt;resume&lt;/b&gt; &amp;amp; go on – Grüße</title><link>/newer</link>
  <guid isPermaLink="false">tag:newer</guid><dc:creator>Ada Byrne</dc:creator>
  <pubDate>Tue, 02 Dec 2025 09:30:00 +0100</pubDate>
  <description>A teaser.</description>
  <content:encoded><![CDATA[<p>The whole story.</p>]]></content:encoded></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Desk</title>
<entry><id>urn:1</id><title type="html">Talks resume</title><updated>2025-12-02T08:30:00Z</updated>
  <link rel="enclosure" href="/sound.mp3"/><link href="/talks"/><author><name>Ada Byrne</name></author>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The whole story.</p></div></content>
</entry></feed>"""

BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss version="2.0"><channel><item><title>&b;</title><link>https://a.example/</link></item></channel></rss>"""

MOMENT = datetime(2025, 12, 2, 8, 30, tzinfo=UTC)


def read(markup: str) -> tuple[Entry, ...]:
    return read_feed(Page("https://a.example/feeds/all", markup))


def test_rss_gives_its_entries_newest_first():
    newer, older = read(RSS)

    assert newer == Entry(
        id="tag:newer",
        url="https://a.example/newer",
        title="Talks resume & go on – Grüße",
        author="Ada Byrne",
        published_at=MOMENT,
        content="<p>The whole story.</p>",
    )
    assert (older.id, older.url) == ("https://a.example/older", "https://a.example/older")


def test_atom_gives_the_page_and_not_its_enclosure():
    (entry,) = read(ATOM)

    assert entry == Entry(
        id="urn:1",
        url="https://a.example/talks",
        title="Talks resume",
        author="Ada Byrne",
        published_at=MOMENT,
        content="<p>The whole story.</p>",
    )


def test_without_every_date_the_feeds_own_order_stands():
    undated = RSS.replace("<pubDate>Tue, 02 Dec 2025 09:30:00 +0100</pubDate>", "")

    assert [each.url for each in read(undated)] == [
        "https://a.example/older",
        "https://a.example/newer",
    ]


def test_a_feed_that_is_not_well_formed_is_read_all_the_same():
    assert len(read(RSS.replace("</channel></rss>", "<item><title>Cut & off"))) == 3


def test_an_entry_with_neither_guid_nor_link_is_named_by_its_content():
    linkless = RSS.replace('<guid isPermaLink="false">tag:newer</guid>', "")

    (entry, _) = read(linkless.replace("<link>/newer</link>", ""))

    assert entry.id.startswith("entry-")
    assert (entry.url, entry.content) == (None, "<p>The whole story.</p>")


@pytest.mark.parametrize("markup", [BOMB, BOMB.replace("<!ENTITY", "<!entity")])
def test_entities_are_refused(markup: str):
    with pytest.raises(FetchFailed, match="declares XML entities"):
        read(markup)


@pytest.mark.parametrize(
    "markup",
    ["", "/etc/hostname", "https://a.example/feed", "<html><body>No feed</body></html>", "\ud800",
     '<rss version="2.0"><channel><title>Desk</title></channel></rss>'],
)  # fmt: skip
def test_what_is_no_feed_says_so_and_is_never_opened_as_a_file(markup: str):
    with pytest.raises(FetchFailed) as failed:
        read(markup)

    assert failed.value.code == "not-a-feed"


def test_an_entry_shows_no_text_of_its_own_in_logs():
    assert "whole story" not in repr(read(RSS))
