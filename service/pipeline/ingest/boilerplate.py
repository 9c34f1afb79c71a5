"""Boilerplate: mask what is not the article, tell the language, put articles in canonical order.

Masking never edits the text: it lists spans that no later stage reads, so every offset
stays the caller's own. The unit is a *block*: a line, or several when the text was
hard-wrapped. A block that is not made of sentences (navigation, a headline, a byline, a
date line) is masked as a heading; sentences that speak about the page instead of the
event are masked by pattern; and what follows the end-of-article marker is another story.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from service.models.base import no_step
from service.pipeline.ingest.corrections import (
    is_correction,
    is_of_the_report,
    is_refiled,
    label_end,
)
from service.pipeline.ingest.genre import Genre, genre, is_notice
from service.pipeline.types import Article

MAX_HEADING_WORDS = 25
"""Longest block without final punctuation taken for a heading, in words. The longest
headline among the sample pages has 22; wire sentences that lack their full stop by
mistake are longer."""

MIN_TITLE_WORDS = 5
"""Shortest heading taken for the page's title: menus and dates are shorter."""

WRAP_COLUMNS = range(50, 101)
"""Line lengths that hard-wrapped text shows; paragraphs on one line are longer."""

TERMINAL = re.compile(r"[.!?\u2026:;][\"'\u2019\u201d)\]]*$")
LOWERCASE_START = re.compile(r"[\"'\u2018\u201c(\[]*[a-z]")

BYLINE_NAME = r"(?-i:[A-Z][\w.\u2019'-]*(?: (?:[A-Z][\w.\u2019'-]*|de|van|von|der|al|bin))+)"
BYLINE_NAMES = rf"{BYLINE_NAME}(?:, {BYLINE_NAME})*(?:,? and {BYLINE_NAME})?"

END_MARKER = re.compile(
    r"^(?:The post .{3,300} (?:appeared first on|first appeared on) .{2,80}"
    r"|This (?:article|story|post) (?:was )?(?:originally|first) (?:appeared|published)"
    r" (?:on|in|by|at) .{2,80})$",
    re.IGNORECASE,
)
"""A line after which the article is over: feeds put it last, pages put teasers behind it."""

NOTICE = re.compile(
    r"^(?:"
    r"(?:Editor(?:[\u2019']s|s[\u2019']?)? note|Corrections?|Clarification|Disclaimer|Disclosure"
    r"|Note to (?:readers|editors)|Read (?:more|next|also)|Related(?: \w+)?|More on this|Watch|Listen"
    r"|See also|Explainer|Live updates?)\s*[:|\u2014\u2013].*"
    rf"|(?:With (?:reporting|files|additional reporting)|Additional reporting|Reporting) (?:by|from) .+"
    rf"|{BYLINE_NAMES},? (?:also )?contributed (?:reporting|to (?:this|the) (?:report|story|article))\b.*"
    r"|(?:Sign up (?:for|to|here)|Subscribe (?:to|now|for|here)|Click (?:here|to|on)|Follow us"
    r"|Download (?:the|our) app|Share this (?:article|story)|Support our|Story continues below"
    r"|Listen to this article|Copyright (?:\u00a9|\(c\)|\d{4})|\u00a9|All rights reserved"
    r"|This material may not be published).*"
    r"|.{0,60}\u00a9 ?(?:19|20)\d\d.*"
    r")$",
    re.IGNORECASE | re.DOTALL,
)
"""Sentence-shaped blocks that speak about the page or to its reader."""

CREDIT_LINE = re.compile(
    r"^(?:Author|Reporter|Photographer|Written|Reporting|Edited|Editing|Photos?|Photographs?|Images?"
    r"|Pictures?|Video|Sources?|Tags|Topics|Filed under|Last updated?|Updated|Published|Byline)"
    r"\s*(?::|by\b).*$",
    re.IGNORECASE,
)
MAX_CREDIT_WORDS = 15
"""A longer block that starts like a credit ("Published by Penguin, the book says \u2026") is prose."""

BIOGRAPHY = re.compile(
    rf"^{BYLINE_NAME} (?:covers|reports on|writes about|is (?:a|an|the) (?:[\w-]+ ){{0,5}}(?:reporter"
    r"|correspondent|editor|columnist|writer|journalist|bureau chief)) .{2,240}$"
)
"""The author introduced at the foot of the page; the same words earlier may be the story."""

AGENCY = r"\((?:AP|Reuters|AFP|UPI|CNN|dpa|TASS|Xinhua|Kyodo|Bloomberg)\)"
DATELINE = re.compile(
    r"(?:[A-Z][A-Z/\u2019'. -]{2,30}(?:, [A-Z][\w.]*(?:\s[A-Z][\w.]*){0,2}\s?)?(?:, (?:Jan|Feb|March|April|May|June|July|Aug|Sept|Oct|Nov|Dec)\w*\.? \d{1,2})?"
    r" ?(?:\([A-Z][\w /.]{1,20}\))? ?(?:\u2014|\u2013|--| - |(?<=\))-) ?"
    rf"|(?:[A-Z][\w.\u2019' ]{{2,30}}(?:, [A-Z][\w. ]{{2,20}})? )?{AGENCY} ?(?:\u2014|\u2013|--|-)? ?"
    r"|(?:CLOSE|WATCH|VIDEO|EXCLUSIVE|BREAKING(?: NEWS)?|UPDATED?|ANALYSIS)(?:[:|-] ?| )(?=[A-Z])"
    r"|Summary: (?=[A-Z])|[\u2014\u2013\u2022] ?(?=[A-Z])"
    r"|(?:Analysis|[A-Z]\.) (?=(?:The|A|An|In)\b))"
)
"""`KYIV, Ukraine (AP) \u2014 `, `CLOSE `, `B. ` at the head of a block: where it was filed and how
the page presents it, not what happened."""

CREDITS = {
    "ap": re.compile(
        r"\(AP\)|\bAssociated Press\b(?= (?:writers?|journalists?|reporters?|contributed|and))|^(?:By )?(?:The )?Associated Press$",
        re.M,
    ),
    "reuters": re.compile(r"\(Reuters\)|^(?:By )?Reuters$|^Reporting by .{0,120}Reuters", re.M),
    "afp": re.compile(r"\(AFP\)|^(?:By )?(?:AFP|Agence France-Presse)$", re.M),
    "upi": re.compile(r"\(UPI\)", re.M),
    "dpa": re.compile(r"\(dpa\)", re.M),
    "tass": re.compile(r"\(TASS\)", re.M),
    "xinhua": re.compile(r"\(Xinhua\)", re.M),
}
"""Wire credits: a name on the page that says who wrote it, not who is quoted."""

FIRST_APPEARED = re.compile(r"appeared first on ([^\n.]{2,60})", re.IGNORECASE)


class Source(msgspec.Struct, frozen=True):
    """An article with what intake learned: `blocks` are the spans that hold its sentences, `genre` is
    what it declares itself to be, `corrections` the spans in which it takes back what it or another said."""

    article: Article
    title: str | None
    blocks: tuple[tuple[int, int], ...]
    readable: bool
    language: str | None
    credit: str | None
    genre: Genre | None = None
    corrections: tuple[tuple[int, int], ...] = ()


def ingest(
    articles: Sequence[Article],
    languages: frozenset[str],
    *,
    on_step: Callable[[], None] = no_step,
) -> tuple[Source, ...]:
    """Articles in any order → sources ordered by publication time, then id.

    An article in none of `languages` (ISO 639-1) has no blocks: nothing of it is read. `on_step`
    is called before each article and may raise `Cancelled`.
    """
    last = datetime.max.replace(tzinfo=UTC)
    ordered = sorted(
        articles, key=lambda article: (aware(article.published_at) or last, article.id)
    )
    sources: list[Source] = []
    for article in ordered:
        on_step()
        sources.append(_source(article, languages))
    return tuple(sources)


def aware(moment: datetime | None) -> datetime | None:
    """A naive time is taken as UTC, so that times of one set can be compared."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def _source(article: Article, languages: frozenset[str]) -> Source:
    kept, corrections = content(article.text, article.title)
    blocks = tuple(kept)
    paragraphs = [article.text[start:end] for start, end in _blocks(article.text)]
    prose = [article.text[start:end] for start, end in blocks]
    language = article.language or detect_language(" ".join(prose))
    readable = language is None or language.split("-")[0].lower() in languages
    return Source(
        article,
        article.title or page_title(article.text, blocks),
        blocks if readable else (),
        readable,
        language,
        wire_credit(article),
        genre(article, paragraphs, [each for each in paragraphs if not is_heading(each)]),
        tuple(corrections),
    )


def page_title(text: str, blocks: Sequence[tuple[int, int]]) -> str | None:
    """The last headline-like block before the article's first sentence, or None."""
    begins = blocks[0][0] if blocks else 0
    above = [text[start:end] for start, end in _blocks(text) if end <= begins]
    return next(
        (
            block
            for block in reversed(above)
            if is_heading(block) and len(block.split()) >= MIN_TITLE_WORDS
        ),
        None,
    )


def content_blocks(text: str, title: str | None = None) -> list[tuple[int, int]]:
    """Spans of `text` that hold the article's own sentences, in order.

    >>> page = "No Result\\nTalks resume\\n\\nTalks resumed on Monday.\\nBy Jo Roe\\n"
    >>> [page[start:end] for start, end in content_blocks(page)]
    ['Talks resumed on Monday.']
    """
    return content(text, title)[0]


def content(text: str, title: str | None) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Spans that hold the article's own sentences, and those in which it takes something back. The first
    paragraph of a correction is both: it says what is so."""
    kept: list[tuple[int, int]] = []
    corrections: list[tuple[int, int]] = []
    seen: set[str] = {(title or "").strip().casefold()}
    correcting = label_end(title or "") > 0
    for start, end in _blocks(text):
        block = text[start:end]
        if kept and END_MARKER.match(block):
            break
        labelled = is_correction(block)
        correcting |= labelled and not kept
        note = labelled or (correcting and is_of_the_report(block))
        if note or (correcting and not kept and not is_furniture(block)):
            corrections.append((start + label_end(block), end))
        if is_refiled(block) or (note and (kept or is_of_the_report(block))):
            pass
        elif labelled:
            kept.append((start + label_end(block), end))
        elif not is_furniture(block) and block.casefold() not in seen:
            dateline = DATELINE.match(block)
            kept.append((start + dateline.end() if dateline else start, end))
        seen.add(block.casefold())
    while kept and BIOGRAPHY.match(text[slice(*kept[-1])]):
        kept.pop()
    return kept, corrections


def is_furniture(block: str) -> bool:
    """Whether a block is the page's and not the article's."""
    return bool(
        is_heading(block)
        or is_notice(block)
        or NOTICE.match(block)
        or END_MARKER.match(block)
        or (CREDIT_LINE.match(block) and len(block.split()) <= MAX_CREDIT_WORDS)
    )


def is_heading(block: str) -> bool:
    """No sentence end and few words: navigation, a headline, a byline, a date, a list item."""
    return not TERMINAL.search(block) and len(block.split()) <= MAX_HEADING_WORDS


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Stripped spans of lines, with hard-wrapped lines joined into one span."""
    lines = [
        (match.start() + len(line) - len(line.lstrip()), match.start() + len(line.rstrip()))
        for match in re.finditer(r"[^\r\n\u2028\u2029]+", text)
        if (line := match.group()).strip()
    ]
    wrapped = bool(lines) and max(end - start for start, end in lines) in WRAP_COLUMNS
    held: tuple[int, int] | None = None
    last = 0
    for start, end in lines:
        if held is not None:
            blank = text.count("\n", held[1], start) > 1
            open_ended = not TERMINAL.search(text[last : held[1]])
            goes_on = LOWERCASE_START.match(text[start:end]) or (
                wrapped and held[1] - text.rfind("\n", 0, held[1]) > WRAP_COLUMNS.start
            )
            if goes_on and not blank and open_ended:
                held, last = (held[0], end), start
                continue
            yield held
        held, last = (start, end), start
    if held is not None:
        yield held


def detect_language(prose: str) -> str | None:
    """ISO 639-1 code of the prose, or None where there is too little to tell."""
    if len(prose) < 40:
        return None
    import py3langid

    language, _ = py3langid.classify(prose[:4000])
    return str(language)


def wire_credit(article: Article) -> str | None:
    """The agency or outlet that the page credits with writing it, in lower case."""
    for name, pattern in CREDITS.items():
        if pattern.search(article.text) or (article.author and pattern.search(article.author)):
            return name
    first = FIRST_APPEARED.search(article.text)
    return first.group(1).strip().casefold() if first else None
