"""Feeds as they are served."""

from __future__ import annotations

import html
import json
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


def item(inside: str) -> str:
    return f'<rss version="2.0"><channel><title>Desk</title><item>{inside}</item></channel></rss>'


ENTITIES = """<?xml version="1.0"?><!DOCTYPE rss [
  <!-- names for characters -->
  <!ENTITY nbsp "&#160;"> <!ENTITY eacute '&#xE9;'> <!ENTITY hellip "…"> <!ENTITY lt "&#38;#60;">
]>
"""


def test_a_doctype_that_names_characters_is_read():
    named = ENTITIES + item("<title>Caf&eacute;&nbsp;&hellip; 3 &lt; 4</title><link>/a</link>")

    (entry,) = read(named)

    assert (entry.title, entry.url) == ("Café … 3 < 4", "https://a.example/a")


def test_an_old_doctype_that_lies_elsewhere_is_left_out():
    old = '<!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://dtd.example/rss-0.91.dtd">'

    assert read(old + item("<title>Caf&eacute;</title>").replace("2.0", "0.91"))[0].title == "Café"


@pytest.mark.parametrize(
    "declared",
    ['<!ENTITY a "ha"><!ENTITY b "&a;&a;">', '<!ENTITY % a "x"> %a;', '<!ENTITY a SYSTEM "file:///etc/hostname">',
     '<!ENTITY a PUBLIC "x" "http://dtd.example/a">', '<!ENTITY % a SYSTEM "http://dtd.example/a"> %a;',
     f'<!ENTITY a "{"ha" * 500}">', '<!ENTITY a "<b>">', '<!ENTITY a "]"><!ENTITY b "&a;">',
     '<!ENTITY a "x" ><!entity b "&a;">', "<!ENTITY a 'x\"><!ENTITY b '>"],
)  # fmt: skip
def test_entities_that_can_grow_or_lie_elsewhere_are_refused(declared: str):
    with pytest.raises(FetchFailed, match="can grow or lie elsewhere") as failed:
        read(f"<?xml version='1.0'?><!DOCTYPE rss [{declared}]>{item('<title>&b;</title>')}")

    assert failed.value.code == "not-a-feed"


@pytest.mark.parametrize("before", ["\n\n  ", "\ufeff", "\ufeff \r\n"])
def test_white_space_before_the_declaration_is_passed_over(before: str):
    assert len(read(before + RSS)) == 2


def test_xml_base_counts_for_links():
    based = ATOM.replace("<entry>", '<entry xml:base="https://b.example/desk/">')

    assert read(based.replace("/talks", "talks"))[0].url == "https://b.example/desk/talks"


@pytest.mark.parametrize(
    "links",
    ['<link rel="enclosure" type="audio/mpeg" href="/a.mp3"/><link rel="alternate" href="/talks"/>',
     '<link rel="self" href="/entry.atom"/><link rel="related" href="/b"/><link href="/talks"/>',
     '<link rel="edit" href="/edit"/><link rel="alternate" type="application/xml" href="/talks"/>'],
)  # fmt: skip
def test_the_alternate_link_is_the_article_wherever_it_stands(links: str):
    entry = f'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id>{links}</entry></feed>'

    assert read(entry)[0].url == "https://a.example/talks"


@pytest.mark.parametrize(
    "escaped",
    ["&lt;p&gt;Ferries &amp;amp; trains stop.&lt;/p&gt;",
     "&amp;lt;p&amp;gt;Ferries &amp;amp;amp; trains stop.&amp;lt;/p&amp;gt;",
     "&amp;amp;lt;p&amp;amp;gt;Ferries &amp;amp; trains stop.&amp;amp;lt;/p&amp;amp;gt;",
     "<![CDATA[&lt;p&gt;Ferries &amp;amp; trains stop.&lt;/p&gt;]]>",
     "&amp;#60;p&amp;#62;Ferries &amp;amp; trains stop.&amp;#60;/p&amp;#62;", "Ferries &amp;amp; trains stop."],
)  # fmt: skip
def test_html_that_was_escaped_too_often_is_html_again(escaped: str):
    (entry,) = read(item(f"<title>T</title><description>{escaped}</description>"))

    assert html.unescape(entry.content) == "<p>Ferries & trains stop.</p>"


def test_titles_lose_the_markup_that_was_escaped_twice_and_keep_signs():
    (entry,) = read(
        item(
            "<title>&amp;lt;i&amp;gt;Ferries&amp;lt;/i&amp;gt; stop &amp;#8212; 3 &amp;lt; 4</title>"
        )
    )

    assert entry.title == "Ferries stop — 3 < 4"


def test_text_without_markup_becomes_paragraphs():
    (entry,) = read(item("<description>Ferries stop.\n\nTrains run.</description>"))

    assert entry.content == "<p>Ferries stop.</p><p>Trains run.</p>"


JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Desk",
    "items": [
        {"id": 7, "url": "/older", "title": "Older", "date_published": "2025-12-01T09:30:00+01:00",
         "author": {"name": "Ada Byrne"}},
        {"id": "urn:1", "external_url": "https://b.example/talks", "title": "Talks &amp; tea",
         "content_html": "<p>The whole story.</p>", "date_published": "2025-12-02T08:30:00Z",
         "authors": [{"name": "Ada Byrne"}, {"name": "Ove Lind"}, {}], "tags": ["x"], "_own": {}},
    ],
}  # fmt: skip


@pytest.mark.parametrize("version", ["1", "1.1"])
def test_a_json_feed_gives_its_items_newest_first(version: str):
    feed = {**JSON_FEED, "version": f"https://jsonfeed.org/version/{version}"}

    newer, older = read(" " + json.dumps(feed))

    assert newer == Entry(
        id="urn:1", url="https://b.example/talks", title="Talks & tea", author="Ada Byrne, Ove Lind",
        published_at=MOMENT, content="<p>The whole story.</p>",
    )  # fmt: skip
    assert (older.id, older.url, older.author) == ("7", "https://a.example/older", "Ada Byrne")


def test_a_json_feeds_plain_text_becomes_paragraphs_and_a_bad_date_is_none():
    told = {"content_text": "Is 3 < 4?\n\nYes.", "date_published": "yesterday"}

    (entry,) = read(json.dumps({**JSON_FEED, "items": [told]}))

    assert (entry.content, entry.published_at) == ("<p>Is 3 &lt; 4?</p><p>Yes.</p>", None)
    assert entry.id.startswith("entry-")


@pytest.mark.parametrize(
    ("markup", "told"),
    [('{"items": []}', "no JSON Feed 1 or 1.1"), ('{"version": "https://jsonfeed.org/version/2"}', "no JSON Feed 1"),
     ("[1, 2]", "no JSON Feed"), ('{"version": 1}', "no JSON Feed"), ("{" * 100_000, "is none"),
     ('{"x": ' + "[" * 100_000, "is none"), (json.dumps({**JSON_FEED, "items": []}), "has no entries"),
     (json.dumps({**JSON_FEED, "items": ["a"]}), "no JSON Feed"), ("<!doctype html><p>Hi", "an HTML page")],
)  # fmt: skip
def test_what_is_no_feed_is_named(markup: str, told: str):
    with pytest.raises(FetchFailed, match=told) as failed:
        read(markup)

    assert failed.value.code == "not-a-feed"


def test_an_atom_id_that_is_no_address_is_no_link_and_the_entry_is_read_from_the_feed():
    (entry,) = read(ATOM.replace('<link href="/talks"/>', ""))

    assert (entry.id, entry.url, entry.content) == ("urn:1", None, "<p>The whole story.</p>")
