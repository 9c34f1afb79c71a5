"""Page metadata: what the `<meta>` elements of an HTML page say, but for what extraction reads.

Where it refreshes to, and what use of it is reserved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

from service.pipeline.rights import joined

HTML = re.compile(
    r"\s*(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|meta)\b", re.IGNORECASE | re.DOTALL
)
"""How an HTML page begins, and no feed."""

LONGEST_WAIT_S = 10
"""A refresh to another page after a longer time is no redirect: who reads the page is meant to
read it first. Redirects in use say 0 to 5."""

ARTICLE_CHARACTERS = 1000
"""In paragraphs: a page that has more is an article, and what it has within `<noscript>` is for the
readers whom it would turn away. Pages that tell of a redirect hold a sentence or two, rarely 400."""

REFRESH = re.compile(
    r"\s*(\d{1,9}|(?=\.))[\d.]{0,20}(?:\s*[;,]\s*|\s+)(?:url\s*=\s*)?(.*)",
    re.IGNORECASE | re.DOTALL,
)
"""HTML 4.2.5.3, "shared declarative refresh steps": a number, then an address after `url=`, which
may be left out."""

METAS = "//meta[not(ancestor::textarea or ancestor::template or ancestor::iframe or ancestor::svg)]"
"""Those that browsers heed; scripts run nowhere here, so those within `<noscript>` too."""

TDM = ("tdm-reservation", "tdm-policy")
"""The members of the TDM Reservation Protocol (W3C community group report, 2024), 4 and 5."""

RESERVING = frozenset({"noai", "noimageai", "noml"})
"""Tokens of `robots` that are of the use by models, not of the index of a search engine."""


def refresh_target(markup: str, url: str) -> str | None:
    """The address that a page at once goes on to, by `<meta http-equiv="refresh">`; None where
    there is none, where it waits for longer than a redirect does, or where it loads itself again.

    >>> refresh_target("<META content='0;URL=/b' HTTP-EQUIV=Refresh>", "https://a.example/a")
    'https://a.example/b'
    """
    if "refresh" not in markup.lower():
        return None
    root = _parsed(markup)
    if root is None:
        return None
    bases = [each.get("href", "") for each in root.iter("base") if each.get("href")]
    for meta in root.xpath(METAS):
        if (meta.get("http-equiv") or "").strip().lower() == "refresh":
            # Browsers heed the first one that can be read, and no other.
            if REFRESH.match(meta.get("content") or "") is None or _turns_away(root, meta):
                continue
            return refreshed(meta.get("content"), url, bases[0] if bases else "")
    return None


def _turns_away(root: Any, meta: Any) -> bool:
    """Whether only readers without scripts are sent on from what is an article to all others."""
    if next(meta.iterancestors("noscript"), None) is None:
        return False
    paragraphs = root.xpath("//p[not(ancestor::noscript)]")
    return sum(len("".join(each.itertext())) for each in paragraphs) > ARTICLE_CHARACTERS


def refreshed(content: str, url: str, base: str | None = None) -> str | None:
    """As `refresh_target`, of the value alone, which may also be the header `Refresh`.

    >>> refreshed("3, url=next", "https://a.example/x/"), refreshed("300; /", "https://a.example/x")
    ('https://a.example/x/next', None)
    """
    found = REFRESH.match(content)
    if found is None or int(found[1] or 0) > LONGEST_WAIT_S:
        return None
    address = found[2].strip()
    if address[:1] in {'"', "'"}:
        address = address[1:].partition(address[0])[0].strip()
    try:
        target = urljoin(urljoin(url, base or ""), address)
        itself = urlsplit(target)._replace(fragment="") == urlsplit(url)._replace(fragment="")
    except ValueError:
        return None
    return None if itself or not address else target


def reservation(markup: str) -> str | None:
    """What a page's metadata says of its use by machines.

    >>> reservation('<meta name="TDM-Reservation" content="1"><meta name="robots" content="noai, index">')
    'tdm-reservation: 1; robots: noai'
    """
    lowered = markup.lower()
    if not any(each in lowered for each in (*TDM, *RESERVING)):
        return None
    root = _parsed(markup)
    if root is None:
        return None
    said = [
        (
            (meta.get("name") or meta.get("property") or "").strip().lower(),
            meta.get("content") or "",
        )
        for meta in root.xpath(METAS)
    ]
    return said_of_use(said)


def said_of_use(members: Iterable[tuple[str, str]]) -> str | None:
    """The names and values that speak of use by machines, of metadata or of headers, as one line."""
    found: list[str] = []
    for name, value in members:
        name, value = name.lower(), " ".join(value.split())
        if name in TDM and value:
            found.append(f"{name}: {value}")
        elif name in {"robots", "x-robots-tag"}:
            tokens = [each for each in re.split(r"[\s,:]+", value.lower()) if each in RESERVING]
            if tokens:
                found.append(f"robots: {', '.join(dict.fromkeys(tokens))}")
    return joined(found)


def _parsed(markup: str) -> Any:
    """The page's root element; None of what holds none. Comments are left out."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # C, without stubs

    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, no_network=True)
    try:
        return etree.fromstring(markup.encode(errors="replace"), parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
