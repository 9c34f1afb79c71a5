"""Eligibility: which articles take part in the brief, and the warning for each that doesn't."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from service.errors import NothingToBrief
from service.models.base import Vectors
from service.pipeline.ingest.boilerplate import Source
from service.pipeline.ingest.corrections import is_withdrawn
from service.pipeline.ingest.syndication import Origins
from service.pipeline.types import ArticleReport, Masked, MaskReason, Sentence, Unread

LEAD_SENTENCES, MOST_ARTICLES = 3, 0.5
"""Where an article says what it is about; share of the articles that must say a word there."""

UNUSABLE = {
    "no_sentences": "holds no sentences of its own",
    "unsupported_language": "is in a language that the loaded models don't read",
    "off_topic": "is about something else than the rest of the set",
    "withdrawn": "was withdrawn by its publisher, as it says itself",
    "opinion": "is labelled as opinion, and other articles report",
    "satire": "is labelled as satire",
    "other_event": "belongs to another story of this set, which needs a brief of its own",
}
"""Warnings with which an article takes no part, and what each means."""


NOTED: dict[MaskReason, str] = {"item": "items_left_out", "undecodable": "undecodable"}
"""What is masked of an article that takes part \u2192 the warning that tells it: items of lists and rows of tables that
are no sentences, and paragraphs with characters that could not be decoded."""


def article_warnings(
    sources: Sequence[Source],
    sentences: Sequence[Sentence],
    origins: Origins,
) -> list[tuple[str, ...]]:
    """Per article its warning codes; one of `UNUSABLE` sets it aside."""
    with_sentences = {sentence.article for sentence in sentences}
    reports = any(each.genre is None and i in with_sentences for i, each in enumerate(sources))
    found: list[tuple[str, ...]] = []
    for i, source in enumerate(sources):
        if not source.readable:
            found.append(("unsupported_language",))
        elif i not in with_sentences:
            found.append(("no_sentences",))
        elif is_withdrawn(source.notes()):
            found.append(("withdrawn",))
        elif source.genre == "satire" or (source.genre and reports):
            found.append((source.genre,))
        elif origins.story[i] != 0:
            alone = origins.story.count(origins.story[i]) == 1
            found.append(("off_topic" if alone else "other_event",))
        else:
            found.append(tuple(code for reason, code in NOTED.items() if _has(source, reason)))
    return found


def _has(source: Source, reason: MaskReason) -> bool:
    return any(each.reason == reason for each in source.masked)


def set_warnings(articles: Sequence[ArticleReport]) -> tuple[str, ...]:
    """Warnings about the set as a whole."""
    used = [article for article in articles if article.used]
    warnings: list[str] = []
    if len(used) == 1:
        warnings.append("single_article")
    elif len({article.origin for article in used}) == 1:
        warnings.append("single_origin")
    if any("other_event" in article.warnings for article in articles):
        warnings.append("several_events")
    return tuple(warnings)


def story_vocabulary(sentences: Sequence[Sentence]) -> frozenset[str]:
    """What the story is about: the words that the first sentences of most articles share.

    Once a lead is read "the plane" needs no introduction in the story of a plane.
    """
    held: dict[int, set[str]] = defaultdict(set)
    for each in sentences:
        if each.position < LEAD_SENTENCES:
            held[each.article] |= set(re.findall(r"\w+", each.text.lower()))
    counts = Counter(word for own in held.values() for word in own)
    return frozenset(word for word, n in counts.items() if n >= max(2, MOST_ARTICLES * len(held)))


def usable_sentences(
    articles: Sequence[ArticleReport], sentences: Sequence[Sentence], vectors: Vectors
) -> tuple[tuple[Sentence, ...], Vectors]:
    """The sentences, with their vectors `(n, d)`, of the articles that take part.

    Raises `NothingToBrief`, listing the articles with their reasons, where none does.
    """
    kept = [i for i, sentence in enumerate(sentences) if articles[sentence.article].used]
    if not kept:
        listed = "; ".join(
            f"{article.id[:40]!r} {UNUSABLE[article.warnings[0]]}" for article in articles[:10]
        )
        raise NothingToBrief(
            f"None of the {len(articles)} articles can be used: {listed}. Send articles whose"
            " text is prose in a language that the models read (see /v1/models).",
            path="articles",
        )
    return tuple(sentences[i] for i in kept), vectors[kept]


def without(
    set_aside: Collection[int], sentences: Sequence[Sentence], vectors: Vectors
) -> tuple[tuple[Sentence, ...], Vectors]:
    """The sentences, with their vectors `(n, d)`, but those with these indices."""
    kept = [i for i in range(len(sentences)) if i not in set_aside]
    return tuple(sentences[i] for i in kept), vectors[kept]


def article_reports(
    sources: Sequence[Source],
    origins: Origins,
    warnings: Sequence[tuple[str, ...]],
    *,
    masked: bool = False,
) -> tuple[ArticleReport, ...]:
    """One report an article, with what is `masked` in it or without; an article is used if its story is told and it
    is readable."""
    ids = [source.article.id for source in sources]
    return tuple(
        ArticleReport(
            id=ids[i],
            text_sha256=hashlib.sha256(source.article.text.encode()).hexdigest(),
            origin=ids[origins.origin[i]],
            duplicate_of=None if (earlier := origins.duplicate_of[i]) is None else ids[earlier],
            used=not UNUSABLE.keys() & set(warnings[i]),
            language=source.language,
            warnings=warnings[i],
            rights=source.article.rights,
            masked=_masked(source) if masked else (),
        )
        for i, source in enumerate(sources)
    )


def _masked(source: Source) -> tuple[Masked, ...]:
    """What of the text as it was sent is not read, in its order."""
    ordered = sorted(source.masked, key=lambda each: (each.start, each.end))
    return tuple(
        Masked(*source.view.original(each.start, each.end), each.reason) for each in ordered
    )


def unread_reports(unread: Sequence[Unread]) -> tuple[ArticleReport, ...]:
    """One report for each article that could not be had: not used, with the cause."""
    return tuple(
        ArticleReport(
            id=each.id,
            text_sha256="",
            origin=each.id,
            duplicate_of=None,
            used=False,
            language=None,
            warnings=(f"fetch-failed:{each.code}",),
        )
        for each in unread
    )
