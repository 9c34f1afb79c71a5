"""Content plan: which facts to tell, on whose evidence, in what order.

Fact groups are chosen greedily: each pick is the most salient sentence that says something
new. New is what no pick is close to (maximal marginal relevance, Carbonell and Goldstein
1998) and what holds word pairs that many origins use and no pick has (maximum coverage,
Gillick and Favre 2009, "A scalable global model for summarization"). Which other sentences
report a chosen fact is not decided here, but by `alignment.fact_table`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from itertools import chain, islice, pairwise
from math import log

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.models.base import Vectors
from service.pipeline.intermediate import FactGroup
from service.pipeline.linguistics.normalisation import FUNCTION
from service.pipeline.linguistics.parse import quotations
from service.pipeline.types import Options, Sentence

REPEATED_FACT = 0.68
"""Cosine from which a sentence would repeat a group's fact if it were printed beside it."""

REDUNDANCY = 3.0
"""Weight of the highest cosine with what is already chosen, above REPEAT_FROM."""

REPEAT_FROM = 0.4
"""Below it two sentences of one story share only the topic, not the fact."""

COVERAGE = 4.0
"""Weight of what a sentence's new word pairs are worth, per word."""

OWN_WORTH = 0.3
"""What a word pair of one origin is worth; those of n origins are worth log n more."""

CONNECTING = 0.5
"""How much more a pair is worth for each function word: those are what a sentence that tells
something has, and a list of names has not. Over 140 clusters of Multi-News, selection alone and
tried by hand, it is worth 0.3 points of ROUGE-1 and 0.2 of ROUGE-2; counting pairs of function
words at all as much again."""

OPENING_SENTENCES, OPENING_WORTH = 3, 2.0
"""What happened stands in an article's first sentences: what that is worth to the brief's first."""

LEAD_COVERAGE, SHARED = 2.0, 3.0
"""What the brief's first sentence is chosen by beside salience: its word pairs, worth half of what
they are elsewhere, and how near the other origins open. Over 137 clusters of Multi-News the
chosen one's cosine with the first two sentences of the reference rises from 0.568 to 0.580, and
18% of them lie below 0.4, now 14%."""

MOST_OPENERS, READ_WORTH = 4, 0.5
"""Sentences that are read for the brief's first, and what the log-odds of Yes are worth: over eleven clusters of
the tuning half the sentence then chosen is the better one by reading in four, as good in five, the worse in two."""

CONTINUATION, MAIN_ARTICLE, MAIN_SENTENCES = 2.0, 0.5, 12
"""What it is worth to stand right behind a chosen sentence in its article, where it reads best, and
among the first sentences of the article that the brief's first sentence is from. Over the even half of 93 clusters
of Multi-News, extractive and 220 words long, ROUGE-1 and ROUGE-2 rise from 44.2 and 13.5 to 44.5 and 14.0. Without
the second they are 44.4 and 13.7 there; with twice as much 44.5 and 13.9, but the sample is briefed from one article."""

DISCOURSE_MARKERS = re.compile(
    r"\b(?:also|too|another|others?|similar|same|in the case of)\b", re.IGNORECASE
)
"""A sentence with such a word goes on from what was told: it opens no article, nor the brief."""

GIVEN = re.compile(r"\W*(?:the|this|that|these|those)\b", re.IGNORECASE)
"""What begins so takes its subject as known."""

FEWEST_WORDS = 8
"""A shorter sentence's worth is spread over this many words."""

SPARE, SPARE_SHARE = 8, 1.0
"""Groups planned beyond the asked length, a few and a share of it: some sentences will be
withheld, some don't fit."""

MEAN_WORDS = 24
"""Words of a printed sentence, to turn a budget in words into a number of groups."""


def plan(
    sentences: Sequence[Sentence],
    vectors: Vectors,
    origin: NDArray[np.int64],
    salience: NDArray[np.float32],
    can_open: Callable[[int], bool],
    lead_odds: Callable[[int], float | None],
    is_standalone: Callable[[int], bool],
    is_readable_after: Callable[[int], bool],
    options: Options,
    *,
    tolls: Callable[[int], frozenset[str]] = lambda _: frozenset(),
) -> tuple[FactGroup, ...]:
    """Sentences, vectors `(n, d)`, origin and salience `(n,)` → groups, most salient first.

    `lead_odds(i)` are the log-odds that sentence i could be the brief's first, by a model that reads it, which
    is asked of the few that are worth most; without one, None, `can_open(i)` tells it, by rules. `is_standalone(i)`
    tells whether it can be read alone, `is_readable_after(i)` whether right behind sentence i - 1, which is then chosen
    with it. What is near a chosen one repeats it, unless it gives a kind of toll (`tolls(i)`) that none has. In a list, whose items are read one by one, no sentence follows another.
    """
    wanted = SPARE + round((1 + SPARE_SHARE) * asked(options))
    left = salience.astype(np.float64).copy()
    nearest = np.zeros(len(sentences))
    groups: dict[int, FactGroup] = {}
    places = _places(sentences)
    news = BigramCoverage(sentences, origin)
    opening = salience + news.lead(_opened(sentences, vectors, origin))

    def follows(i: int) -> bool:
        return options.style == "paragraph" and is_readable_after(i)

    told: set[str] = set()

    def choose(i: int) -> None:
        told.update(tolls(i))
        similarity = vectors @ vectors[i]
        after = None if is_standalone(i) else i - 1
        worth = float(opening[i]) if can_open(i) else -np.inf
        groups[i] = FactGroup((i,), places[i], worth, after)
        np.maximum(nearest, similarity, out=nearest)
        left[i] = -np.inf
        news.mark_chosen(i)
        if i + 1 < len(sentences) and _adjoin(sentences[i], sentences[i + 1]):
            left[i + 1] += CONTINUATION

    first = _first(sentences, opening, can_open, lead_odds, is_standalone)
    if first is not None:
        choose(first)
        groups[first] = msgspec.structs.replace(
            groups[first], opens=True, lead_score=float(opening.max()) + 1
        )
        own = [_opens(each, sentences[first].article, MAIN_SENTENCES) for each in sentences]
        left[own] += MAIN_ARTICLE
    chosen = True
    while chosen and len(groups) < wanted:
        score = left + COVERAGE * news.worth - REDUNDANCY * np.clip(nearest - REPEAT_FROM, 0, None)
        chosen = False
        for best in map(int, np.argsort(-score, kind="stable")):
            if chosen or not np.isfinite(score[best]):
                break
            left[best] = -np.inf
            for each in _passage(best, is_standalone, follows, groups):
                if nearest[each] >= REPEATED_FACT and tolls(each) <= told:
                    break
                choose(each)
                chosen = True
    return tuple(groups.values())


def _first(
    sentences: Sequence[Sentence],
    opening: NDArray[np.float64],
    can_open: Callable[[int], bool],
    lead_odds: Callable[[int], float | None],
    is_standalone: Callable[[int], bool],
) -> int | None:
    """Which sentence the brief begins with, by what each is worth there `(n,)` and by reading."""
    order = list(map(int, np.argsort(-opening, kind="stable")))
    read = {i: lead_odds(i) for i in islice(filter(is_standalone, order), MOST_OPENERS)}
    worth = {i: opening[i] + READ_WORTH * odds for i, odds in read.items() if odds is not None}
    if worth:
        return max(worth, key=lambda i: (worth[i], -i))
    # Where every one takes something as known, the best that does not begin with it.
    rest = (i for i in order if is_standalone(i) and not GIVEN.match(sentences[i].text))
    return next(chain(filter(can_open, order), rest), None)


def _passage(
    chosen: int,
    is_standalone: Callable[[int], bool],
    is_readable_after: Callable[[int], bool],
    chosen_before: Collection[int],
) -> tuple[int, ...]:
    """What has to be printed so that the chosen sentence can be read: itself, and the one before it
    where it can be read only behind that; () if it can't be printed."""
    if is_standalone(chosen):
        return (chosen,)
    if not is_readable_after(chosen):
        return ()
    if chosen - 1 in chosen_before:
        return (chosen,)
    return (chosen - 1, chosen) if is_standalone(chosen - 1) else ()


class BigramCoverage:
    """What the `n` sentences would add to those that are chosen: `worth` `(n,)`, per word, and
    `lead` `(n,)`, as the first sentence of the brief.

    Facts are approximated by word pairs (Gillick and Favre 2009), each worth the more the more
    origins use it; a pair counts once.
    """

    def __init__(self, sentences: Sequence[Sentence], origin: NDArray[np.int64]) -> None:
        self._pairs = [_pairs(each.text) for each in sentences]
        self._holders: dict[tuple[str, str], list[int]] = defaultdict(list)
        for k, pairs in enumerate(self._pairs):
            for pair in sorted(pairs):
                self._holders[pair].append(k)
        self._value = {
            pair: (OWN_WORTH + log(len({int(origin[k]) for k in holders})))
            * (1 + CONNECTING * sum(word in FUNCTION for word in pair))
            for pair, holders in self._holders.items()
        }
        self._words = np.array([max(FEWEST_WORDS, len(each.text.split())) for each in sentences])
        self._opens = np.array([each.position < OPENING_SENTENCES for each in sentences])
        self._leans = np.array([bool(DISCOURSE_MARKERS.search(each.text)) for each in sentences])
        self._told = np.array([1 - _quoted(each.text) for each in sentences])
        self._left = np.array([sum(self._value[p] for p in sorted(own)) for own in self._pairs])

    @property
    def worth(self) -> NDArray[np.float64]:
        return self._left / self._words

    def lead(self, opened: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighed for the first sentence, which has to tell much of what happened: a short one and
        a quotation are worth less, what opens its article more, and so is what other origins
        open with (`opened`, as `_opened` gives it)."""
        whole = np.minimum(1.0, self._words / MEAN_WORDS)
        first = np.where(self._leans, 0.0, OPENING_WORTH * self._opens + SHARED * opened)
        return self._told * (LEAD_COVERAGE * self.worth * whole + first)

    def mark_chosen(self, chosen: int) -> None:
        """Count sentence `chosen` as chosen: its pairs are worth nothing from now on."""
        for pair in sorted(self._pairs[chosen]):
            value = self._value.pop(pair, 0.0)
            for k in self._holders[pair]:
                self._left[k] -= value


def _opened(
    sentences: Sequence[Sentence], vectors: Vectors, origin: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Per sentence the mean, over the other origins, of its highest cosine with one of the first
    sentences of their articles; 0 where there is one origin."""
    opens = np.array([each.position < OPENING_SENTENCES for each in sentences])
    found = np.zeros(len(sentences))
    others = np.unique(origin[opens])
    for each in others:
        nearest = (vectors @ vectors[opens & (origin == each)].T).max(axis=1)
        found += np.where(origin == each, 0.0, nearest)
    return found / max(1, len(others) - 1)


def _quoted(text: str) -> float:
    """Share of the text between quotation marks."""
    return sum(end - start for start, end in quotations(text, unclosed=True)) / len(text)


def _pairs(text: str) -> set[tuple[str, str]]:
    """Neighbouring words, lower-cased."""
    return set(pairwise(re.findall(r"\w+", text.lower())))


def _adjoin(sentence: Sentence, following: Sentence) -> bool:
    here = sentence.article, sentence.position + 1
    return here == (following.article, following.position)


def _opens(sentence: Sentence, article: int, among: int) -> bool:
    """Whether it is one of the first sentences of the article."""
    return sentence.article == article and sentence.position < among


def asked(options: Options) -> int:
    """Sentences that the asked length takes."""
    return options.sentences or max(1, round((options.words or 0) / MEAN_WORDS))


def _places(sentences: Sequence[Sentence]) -> list[float]:
    """Where in its article each sentence stands, from 0 (first) to 1 (last)."""
    last = {each.article: each.position for each in sentences}
    return [each.position / max(1, last[each.article]) for each in sentences]
