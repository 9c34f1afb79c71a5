"""A caller's newest briefs as an Atom feed (RFC 4287)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from service.pipeline.types import Brief

ATOM = "application/atom+xml"
NAMESPACE = "http://www.w3.org/2005/Atom"

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML document may hold."""


def to_atom(briefs: Sequence[tuple[Brief, float]], base: str) -> bytes:
    """Briefs with when each was made (Unix seconds), the newest first; `base` is the service's address, with
    a slash behind, below which the page shows them."""
    feed = Element("feed", xmlns=NAMESPACE)
    _add(feed, "id", f"{base}v1/feed")
    _add(feed, "title", "Newsbrief")
    _add(feed, "updated", _moment(briefs[0][1] if briefs else 0.0))
    SubElement(feed, "link", rel="self", href=f"{base}v1/feed")
    _add(SubElement(feed, "author"), "name", "Newsbrief")
    for brief, made_at in briefs:
        entry = SubElement(feed, "entry")
        _add(entry, "id", f"urn:newsbrief:brief:{brief.id}")
        _add(entry, "title", brief.headline.text if brief.headline is not None else "Brief")
        _add(entry, "updated", _moment(made_at))
        SubElement(
            entry, "link", rel="alternate", type="text/html", href=f"{base}#/briefs/{brief.id}"
        )
        _add(entry, "content", brief.text)
    return tostring(feed, encoding="utf-8", xml_declaration=True)


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = NOT_XML.sub("\ufffd", text)


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
