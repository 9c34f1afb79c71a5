"""Changes: what a later brief says that an earlier one didn't, sentence by sentence.

Every sentence of both briefs stands in the result exactly once. Sentences with the same text are
`kept`. Of the rest, those that rest on the same characters of the same texts and share words, or
that share most of their words, are `changed`, the most alike first; what is left was `added` or
`dropped`. The cause is the first that applies:

- `corrected-article`: one of the articles has another text now;
- `withdrawn-article`: an article that the old sentence cites is no longer in the set;
- `new-figure`: the pair differs in a number, or the new sentence shows a dispute that the old
  brief doesn't;
- `new-article`: the new sentence cites an article that the old set didn't have;
- `reselected`: none of these; the choice among the same facts fell otherwise.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from service.pipeline.types import BriefSentence

Cause = Literal["corrected-article", "withdrawn-article", "new-figure", "new-article", "reselected"]

ALIKE = 0.6
"""Share of words in order from which two sentences are versions of one, whatever they cite."""

RELATED = 0.3
"""The same where they also cite a span in common."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`articles` are the ids that the cause names: of the new brief, or of the old one where an
    article was withdrawn."""

    cause: Cause
    articles: tuple[str, ...]
    before: BriefSentence | None = None
    after: BriefSentence | None = None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    before: BriefSentence
    after: BriefSentence


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """In reading order: of the new brief, `dropped` of the old one."""

    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    dropped: tuple[Change, ...]
    kept: tuple[Kept, ...]


class Side(msgspec.Struct, frozen=True):
    """One brief's sentences, and the sha256 of the text of every article by id."""

    sentences: tuple[BriefSentence, ...]
    hashes: Mapping[str, str]


def changes(before: Side, after: Side) -> Changes:
    """Two briefs, the earlier first, with offsets in the same unit → what changed."""
    same = _same_text(before.sentences, after.sentences)
    old = [i for i in range(len(before.sentences)) if i not in same.values()]
    new = [k for k in range(len(after.sentences)) if k not in same]
    pairs = _alike(old, new, before, after)
    added: list[Change] = []
    changed: list[Change] = []
    for k in new:
        sentence = after.sentences[k]
        earlier = before.sentences[pairs[k]] if k in pairs else None
        (added if earlier is None else changed).append(_caused(earlier, sentence, before, after))
    return Changes(
        added=tuple(added),
        changed=tuple(changed),
        dropped=tuple(
            _caused(before.sentences[i], None, before, after)
            for i in old
            if i not in pairs.values()
        ),
        kept=tuple(
            Kept(before=before.sentences[i], after=after.sentences[k])
            for k, i in sorted(same.items())
        ),
    )


def _same_text(old: Sequence[BriefSentence], new: Sequence[BriefSentence]) -> dict[int, int]:
    """New index → old index of the sentences that read the same; in order where one repeats."""
    places: dict[str, list[int]] = defaultdict(list)
    for i, each in enumerate(old):
        places[each.text].append(i)
    return {k: places[each.text].pop(0) for k, each in enumerate(new) if places.get(each.text)}


def _alike(old: Sequence[int], new: Sequence[int], before: Side, after: Side) -> dict[int, int]:
    """New index → old index of the pairs that are versions of one sentence, the best first."""
    scored: list[tuple[float, int, int]] = []
    for i in old:
        for k in new:
            one, other = before.sentences[i], after.sentences[k]
            shared = bool(_spans(one, before) & _spans(other, after))
            words = _likeness(one.text, other.text)
            if words >= (RELATED if shared else ALIKE):
                scored.append((words + shared, i, k))
    pairs: dict[int, int] = {}
    for _, i, k in sorted(scored, key=lambda each: (-each[0], each[1], each[2])):
        if k not in pairs and i not in pairs.values():
            pairs[k] = i
    return pairs


def _likeness(one: str, other: str) -> float:
    """Share of the words that both have in the same order, in [0, 1]; symmetric.

    >>> _likeness("Two people died.", "Three people died.")
    0.6666666666666666
    """
    first, second = sorted((one.lower().split(), other.lower().split()))
    return SequenceMatcher(None, first, second, autojunk=False).ratio()


def _spans(sentence: BriefSentence, telling: Side) -> set[tuple[str, int]]:
    """The spans that support a sentence: text and start."""
    return {
        (telling.hashes.get(each.article_id, each.article_id), each.start)
        for each in sentence.citations
        if each.role == "supports"
    }


def _caused(
    one: BriefSentence | None, other: BriefSentence | None, before: Side, after: Side
) -> Change:
    old, new = _cited(one), _cited(other)
    texts = set(after.hashes.values())
    earlier = set(before.hashes.values())
    corrected = [
        each
        for each in dict.fromkeys((*new, *old))
        if each in before.hashes
        and each in after.hashes
        and before.hashes[each] != after.hashes[each]
    ]
    gone = [
        each for each in old if each not in after.hashes and before.hashes.get(each) not in texts
    ]
    fresh = [each for each in new if after.hashes.get(each) not in earlier]
    cause: Cause = "reselected"
    named: list[str] = []
    if corrected:
        cause, named = "corrected-article", corrected
    elif gone:
        cause, named = "withdrawn-article", gone
    elif other is not None and _new_figure(one, other, before):
        cause, named = "new-figure", fresh
    elif fresh:
        cause, named = "new-article", fresh
    return Change(cause=cause, articles=tuple(named), before=one, after=other)


def _new_figure(one: BriefSentence | None, other: BriefSentence, before: Side) -> bool:
    if one is None:
        disputed = any(each.status == "conflicted" for each in before.sentences)
        return other.status == "conflicted" and not disputed
    return _figures(one.text) != _figures(other.text) and bool(_figures(other.text))


def _figures(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)*", text))


def _cited(sentence: BriefSentence | None) -> tuple[str, ...]:
    if sentence is None:
        return ()
    return tuple(dict.fromkeys(each.article_id for each in sentence.citations))
