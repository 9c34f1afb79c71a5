"""Doctype: XML with a document type declaration → the same document without one.

Parsers expand what a declaration defines, and what is defined by other definitions grows without
bound ("a billion laughs"), or is read from elsewhere (XXE). A feed needs at most names for
characters, as HTML has them. Those are put in here; what defines more is refused.
"""

from __future__ import annotations

import re

from service.errors import FetchFailed

ROOT = re.compile(r"<[A-Za-z_]")
DOCTYPE = re.compile(r"<!doctype\s[^\[<>]{0,1000}(?:\[([^\]]{0,50000})\]\s*)?>", re.IGNORECASE)
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
ENTITY = re.compile(
    r"<!entity\s{1,20}([A-Za-z][\w.-]{0,30})\s{1,20}([\"'])"
    r"(&#(?:\d{1,7}|x[0-9a-f]{1,6});|&#38;#(?:38|60);|[^&%<>\"']{1,4})\2\s{0,20}>",
    re.IGNORECASE,
)
"""A name for one character, or for up to four that are no markup: no reference becomes much longer
by it. `&#38;#60;` is how XML (4.6) has `lt` declared again."""

REFERENCE = re.compile(r"&([A-Za-z][\w.-]{0,30});")


def without_doctype(markup: str) -> str:
    """The document with the characters that its declaration names, and without the declaration.

    Raises `FetchFailed` for an entity that refers to another, is a parameter, lies elsewhere, or is
    longer than a few characters.

    >>> without_doctype('<!DOCTYPE rss [<!ENTITY eacute "&#233;">]><rss><title>Caf&eacute;</title></rss>')
    '<rss><title>Caf&#233;</title></rss>'
    """
    root = ROOT.search(markup)
    head = markup[: root.start()] if root else markup
    at = head.lower().find("<!doctype")
    found = DOCTYPE.match(head, at) if at >= 0 else None
    if found is not None:
        subset = COMMENT.sub("", found[1] or "")
        # Of two declarations of one name the first counts (XML 4.2).
        characters = {name: value for name, _, value in reversed(ENTITY.findall(subset))}
        rest = markup[: found.start()] + markup[found.end() :]
        if (
            "<!entity" not in ENTITY.sub("", subset).lower()
            and "<!entity" not in head[found.end() :].lower()
        ):
            return REFERENCE.sub(lambda each: characters.get(each[1], each[0]), rest)
    elif at < 0 and "<!entity" not in head.lower():
        return markup
    raise FetchFailed(
        "not-a-feed",
        "It declares XML entities that can grow or lie elsewhere; such a feed is not read, only"
        " one whose entities name single characters.",
    )
