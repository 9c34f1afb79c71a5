"""What pages say in their metadata: where they go on to, and what they reserve."""

from __future__ import annotations

import pytest

from service.sources.page_metadata import refresh_target, reservation, said_of_use

URL = "https://a.example/news/old?id=4"
NEW = "https://a.example/new"


@pytest.mark.parametrize(
    "markup",
    ['<meta http-equiv="refresh" content="0; url=/new">',
     "<META HTTP-EQUIV='Refresh' CONTENT='3;URL=/new'>",
     "<meta content=0;url=/new http-equiv=REFRESH>",
     """<meta http-equiv="refresh" content="0;url='/new'">""",
     """<meta http-equiv='refresh' content='1, url = "/new" and more'>""",
     '<meta http-equiv="refresh" content="10 ../new">',
     '<meta http-equiv="refresh" content=".5; https://a.example/new">',
     '<html><head><noscript><meta http-equiv="refresh" content="0; url=/new"></noscript></head></html>',
     '<body><p>Moved.</p><noscript><meta http-equiv="refresh" content="0;url=/new"></noscript>',
     '<base href="https://a.example/"><meta http-equiv="refresh" content="0; url=new">',
     '<meta http-equiv="refresh" content="soon"><meta http-equiv="refresh" content="0; url=/new">',
     '<?xml version="1.0" encoding="utf-8"?><html><meta http-equiv="refresh" content="0; url=/new"/></html>'],
)  # fmt: skip
def test_a_refresh_to_another_page_leads_there(markup: str):
    assert refresh_target(markup, URL) == NEW


@pytest.mark.parametrize(
    "markup",
    ['<meta http-equiv="refresh" content="5">', '<meta http-equiv="refresh" content="0; url=">',
     f'<meta http-equiv="refresh" content="0; url={URL}">',
     '<meta http-equiv="refresh" content="0; url=?id=4#top">',
     '<meta http-equiv="refresh" content="11; url=/new">',
     '<meta http-equiv="refresh" content="600; url=/new">',
     '<meta http-equiv="refresh" content="now; url=/new">', '<meta name="refresh" content="0; url=/new">',
     '<!-- <meta http-equiv="refresh" content="0; url=/new"> -->',
     """<script>document.write('<meta http-equiv="refresh" content="0; url=/new">')</script>""",
     '<textarea><meta http-equiv="refresh" content="0; url=/new"></textarea>',
     "<p>We refresh this page.</p>", "refresh", "", "\0refresh", "<meta http-equiv=refresh>",
     '<meta http-equiv="refresh" content="0; url=//[">'],
)  # fmt: skip
def test_a_reload_a_long_wait_and_what_is_no_refresh_lead_nowhere(markup: str):
    assert refresh_target(markup, URL) is None


@pytest.mark.parametrize(
    ("head", "said"),
    [('<meta name="tdm-reservation" content="1">', "tdm-reservation: 1"),
     ("<META NAME=TDM-Reservation CONTENT=0>", "tdm-reservation: 0"),
     ('<meta name="tdm-reservation" content="1"/><meta name="tdm-policy" content=" https://a.example/tdm ">',
      "tdm-reservation: 1; tdm-policy: https://a.example/tdm"),
     ('<meta name="robots" content="max-image-preview:large, noai, noimageai">', "robots: noai, noimageai"),
     ('<meta name="robots" content="NOML">', "robots: noml"),
     ('<meta name="robots" content="noindex">', None), ("<p>noai</p>", None), ("", None),
     ('<!-- <meta name="tdm-reservation" content="1"> -->', None)],
)  # fmt: skip
def test_what_a_page_reserves_is_told_in_its_own_words(head: str, said: str | None):
    assert reservation(f"<html><head>{head}</head></html>") == said


def test_headers_say_the_same():
    headers = [
        ("Server", "x"),
        ("TDM-Reservation", "1"),
        ("X-Robots-Tag", "otherbot: noai, nofollow"),
    ]

    assert said_of_use(headers) == "tdm-reservation: 1; robots: noai"


def test_an_article_that_turns_away_readers_without_scripts_is_read():
    away = '<noscript><meta http-equiv="refresh" content="0; url=/no-scripts"></noscript>'
    article = "<p>Ferry crews at Lindholm walked out on Monday after talks failed.</p>" * 30

    assert refresh_target(f"<html><head>{away}</head><body>{article}</body></html>", URL) is None
    assert refresh_target(f"<html><head>{away}</head><body>{article[:70]}</body></html>", URL)
