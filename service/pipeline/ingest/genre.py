"""Genre: articles that say of themselves that they are opinion or satire.

Only what a page declares counts: a label at its head, a section of its address, a notice at its
foot. Whether a text argues is not judged here.
"""

from __future__ import annotations

import re
from typing import Literal

from service.pipeline.types import Article

Genre = Literal["opinion", "satire"]

MOST_HEADINGS = 5
"""Short lines at the head of a page with more are a menu, where "Opinion" labels no article."""

OPINION = (
    r"opinions?|op-?ed|comment(?:ary)?|editorials?|leader|viewpoint|point of view|perspectives?|guest (?:essay|column|post)"
    r"|column|first person|letters?(?: to the editor)?|reader.?s.? letters?|book review|film review|review"
)
SATIRE = r"satire|satirical|parody|spoof|humou?r"
LABEL = re.compile(
    rf"^\W*(?:(?P<satire>{SATIRE})|(?P<opinion>{OPINION}))\s*(?:[:|\u2014\u2013\]]|- |$)",
    re.IGNORECASE,
)
"""Before a title, or alone in the first line."""

SECTION = re.compile(
    r"/(?:(?P<satire>satire|humou?r)|(?P<opinion>opinions?|op-ed|commentisfree|columns?|editorials?|letters))(?:/|$)",
    re.IGNORECASE,
)

NOTICE = re.compile(
    r"\b(?:(?P<satire>this (?:article|story|post|piece|report|site|website)? ?(?:is|was) (?:a (?:work|piece) of )?"
    r"(?:pure )?(?:satire|satirical|parody|fiction)\b)"
    r"|(?P<opinion>(?:the|any) (?:views?|opinions?)(?: (?:and|or) (?:views?|opinions?))? (?:expressed|given|stated)"
    r" (?:here|are|is|in this|by the (?:author|writer|columnist))\b"
    r"|this (?:article|column|piece|essay) (?:is|was) (?:an )?opinion\b"
    r"|(?:his|her|their|my|our) own(?: views| opinions)?,? and (?:do|does) not (?:necessarily )?"
    r"(?:reflect|represent)\b|^the (?:author|writer|columnist) is an? ))",
    re.IGNORECASE,
)
"""What a page says of the text at its foot, or at its head. It is no report either way."""

MOST_NOTICE_WORDS = 40
"""A longer paragraph with such words tells something as well."""


def genre(article: Article, blocks: list[str], prose: list[str]) -> Genre | None:
    """What the article declares itself to be; None where it declares nothing. `blocks` are its lines and
    paragraphs, `prose` those of them that hold its sentences."""
    head = [] if not prose or prose[0] not in blocks else blocks[: blocks.index(prose[0])]
    labels = [article.title or ""] + (head[:1] if len(head) <= MOST_HEADINGS else [])
    found = [LABEL.match(each) for each in labels]
    found += [SECTION.search(str(article.url or ""))]
    found += [NOTICE.search(each) for each in (*prose[:1], *prose[-2:])]
    kinds = {kind for match in found if match for kind in match.groupdict() if match[kind]}
    return "satire" if "satire" in kinds else "opinion" if "opinion" in kinds else None


def is_notice(block: str) -> bool:
    """Whether a paragraph only says what kind of text the page holds, or who wrote it.

    >>> is_notice("This is a work of satire."), is_notice("The views expressed are her own.")
    (True, True)
    """
    return len(block.split()) <= MOST_NOTICE_WORDS and bool(NOTICE.search(block))
