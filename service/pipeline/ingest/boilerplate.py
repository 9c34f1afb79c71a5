"""Boilerplate: mask what is not the article, tell the language, put articles in canonical order.

Masking never edits the text: it lists spans that no later stage reads. The unit is a
*block*: a paragraph of the reading view. A block that is not made of sentences (navigation, a
headline, a byline, a date line) is masked as a heading; sentences that speak about the page
instead of the event are masked by pattern; speech that has no marks is nobody's report; and
what follows the end-of-article marker is another story.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec

from service.models.base import no_step
from service.pipeline.ingest import datelines
from service.pipeline.ingest.corrections import (
    is_correction,
    is_of_the_report,
    is_refiled,
    label_end,
)
from service.pipeline.ingest.genre import Genre, genre, is_notice
from service.pipeline.ingest.lines import begins_item, is_table_row
from service.pipeline.ingest.reading_view import ReadingView, plain_text, reading_view
from service.pipeline.ingest.speech import TO_THE_READER, spoken
from service.pipeline.types import Article, Masked, MaskReason

MAX_HEADING_WORDS = 25
"""Longest block without final punctuation taken for a heading, in words. The longest
headline among the sample pages has 22; wire sentences that lack their full stop by
mistake are longer."""

MIN_TITLE_WORDS = 5
"""Shortest heading taken for the page's title: menus and dates are shorter."""

ENDING = 12
"""Characters in which a block's full stop stands, with the marks and brackets that close behind it."""

TERMINAL = re.compile(r"[.!?\u2026:;][\"'\u2019\u201d)\]]*$")

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
    """An article with what intake learned. All spans are into the text of its `view`: `blocks` hold its sentences,
    `masked` is what is not read, `corrections` is where it takes back what it or another said. `genre` is what it
    declares itself to be; `entries` are the times of a live page's entries, per block, or None."""

    article: Article
    view: ReadingView
    title: str | None
    blocks: tuple[tuple[int, int], ...]
    readable: bool
    language: str | None
    credit: str | None
    genre: Genre | None = None
    corrections: tuple[tuple[int, int], ...] = ()
    masked: tuple[Masked, ...] = ()
    entries: tuple[int | None, ...] = ()

    @property
    def text(self) -> str:
        """What is read of the article."""
        return self.view.text

    def notes(self) -> list[str]:
        """The passages in which it takes something back."""
        return [self.text[start:end] for start, end in self.corrections]


class Content(msgspec.Struct, frozen=True):
    """What a text is made of, as spans: see `Source`."""

    blocks: list[tuple[int, int]]
    corrections: list[tuple[int, int]]
    masked: list[Masked]
    entries: list[int | None]


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
    view = reading_view(article.text)
    title = plain_text(article.title) if article.title else None
    found = content(view, title)
    paragraphs = [view.text[start:end] for start, end in view.paragraphs]
    prose = [view.text[start:end] for start, end in found.blocks]
    language = article.language or detect_language(" ".join(prose))
    readable = language is None or language.split("-")[0].lower() in languages
    if not readable:
        found = Content([], [], [Masked(*each, "language") for each in found.blocks], [])
    return Source(
        article,
        view,
        title or page_title(view, found.blocks),
        tuple(found.blocks),
        readable,
        language,
        wire_credit(article),
        genre(article, paragraphs, [each for each in paragraphs if not is_heading(each)]),
        tuple(found.corrections),
        tuple(found.masked),
        tuple(found.entries),
    )


def page_title(view: ReadingView, blocks: Sequence[tuple[int, int]]) -> str | None:
    """The last headline-like block before the article's first sentence, or None."""
    begins = blocks[0][0] if blocks else 0
    above = [view.text[start:end] for start, end in view.paragraphs if end <= begins]
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
    view = reading_view(text)
    return [view.original(*each) for each in content(view, title).blocks]


def content(view: ReadingView, title: str | None) -> Content:
    """What a text is made of. The first paragraph of a correction is a block as well: it says what is so."""
    paragraphs = [view.text[start:end] for start, end in view.paragraphs]
    items = [begins_item(view.text, start) for start, _ in view.paragraphs]
    stamped = [datelines.time(each) for each in paragraphs]
    # Behind a time a name alone is the entry's author, and no label.
    begun = [
        each[0] if each and not is_heading(text[each[0] :]) else 0
        for text, each in zip(paragraphs, stamped, strict=True)
    ]
    speech = spoken(
        [each[at:] for each, at in zip(paragraphs, begun, strict=True)], items, is_heading
    )
    found = Content([], [], [], [])
    times: list[int] = []
    seen: set[str] = {(title or "").strip().casefold()}
    correcting = label_end(title or "") > 0
    for k, (start, end) in enumerate(view.paragraphs):
        if found.blocks and END_MARKER.match(paragraphs[k]):
            rest = view.paragraphs[-1][1]
            found.masked.append(Masked(start, rest, "after_end"))
            break
        timed = stamped[k]
        if timed is not None:
            times.append(timed[1])
            found.masked.append(Masked(start, start + timed[0], "time"))
            start += timed[0]
        begin, end = start, start + datelines.tail(view.text[start:end])
        if spoken_from := speech[k]:
            found.masked.append(Masked(start + spoken_from, end, "speech"))
            end = start + spoken_from
        block = view.text[begin:end]
        if not block:
            continue
        labelled = is_correction(block)
        # A version that is headed as corrected: all of it says what is so.
        headed = is_heading(block) and "correct" in block[: label_end(block)].casefold()
        correcting |= (labelled or headed) and not found.blocks
        note = labelled or (correcting and is_of_the_report(block))
        if note or (correcting and not found.blocks and not is_furniture(block)):
            found.corrections.append((begin + label_end(block), end))
        reason: MaskReason | None = None
        if is_refiled(block) or (note and (found.blocks or is_of_the_report(block))):
            reason = "correction"
        elif labelled:
            begin += label_end(block)
        elif speech[k] == 0:
            reason = "speech"
        elif "\ufffd" in block:
            reason = "undecodable"
        elif (reason := furniture(block)) is not None:
            if reason == "heading" and (items[k] or is_table_row(block)):
                reason = "item"
        elif block.casefold() in seen:
            reason = "repeated"
        else:
            begin += datelines.head(block, len(found.blocks))
        seen.add(block.casefold())
        if reason is not None:
            found.masked.append(Masked(begin, end, reason))
            continue
        if begin > start:
            found.masked.append(Masked(start, begin, "dateline"))
        found.blocks.append((begin, end))
        found.entries.append(len(times) - 1 if times else None)
    while found.blocks and BIOGRAPHY.match(view.text[slice(*found.blocks[-1])]):
        found.masked.append(Masked(*found.blocks.pop(), "biography"))
        found.entries.pop()
    if datelines.newest_first(times):
        found.entries[:] = [None if each is None else -each for each in found.entries]
    return found


def furniture(block: str) -> MaskReason | None:
    """Why a block is the page's and not the article's, or None."""
    if is_heading(block):
        return "heading"
    if (
        block.endswith(":")
        and len(block.split()) <= MAX_CREDIT_WORDS
        and TO_THE_READER.match(block)
    ):
        return "notice"
    if is_notice(block) or NOTICE.match(block) or END_MARKER.match(block):
        return "notice"
    credited = CREDIT_LINE.match(block) and len(block.split()) <= MAX_CREDIT_WORDS
    return "credit" if credited else None


def is_furniture(block: str) -> bool:
    """Whether a block is the page's and not the article's."""
    return furniture(block) is not None


def is_heading(block: str) -> bool:
    """No sentence end and few words: navigation, a headline, a byline, a date, a list item."""
    return not TERMINAL.search(block[-ENDING:]) and len(block.split()) <= MAX_HEADING_WORDS


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
