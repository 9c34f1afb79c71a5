"""Source sentences, parsed on demand and each once a run, and how they read away from their article.

A sentence that is read alone needs what its neighbours give it there: its first "he" becomes a name,
a quotation without a speaker gets one, and quotation marks that another sentence opens or closes are
put in.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from itertools import groupby, takewhile

import msgspec

from service.models.base import Parser, no_step
from service.pipeline.decontextualization import standalone
from service.pipeline.decontextualization.coreference import BACK, antecedent
from service.pipeline.ingest.boilerplate import Source, aware
from service.pipeline.intermediate import Evidence
from service.pipeline.linguistics import quotations
from service.pipeline.linguistics.parse import ParsedSentence, is_parsable
from service.pipeline.linguistics.parse import inside as quotations_inside
from service.pipeline.linguistics.parse import quotations as quotations_in
from service.pipeline.linguistics.person_mentions import full_names, people, spelled_alike
from service.pipeline.linguistics.relative_days import Grain, RelativeDay, dated, relative_days
from service.pipeline.linguistics.tense import weekdays_ahead
from service.pipeline.types import Sentence

MAX_QUOTED = 30
"""Sentences of one quotation behind which its speaker is still looked for: all of them are cited."""

WORD = re.compile(r"\w+")

FULL_NAME = re.compile(r"\b([A-Z][\w\u2019'-]+)(?= ([A-Z][\w\u2019'-]{2,})\b)")
"""A capitalised word before another: it may be a first name."""

MOST_NAMESAKES = 8
"""Words before one word that are looked at as its first names: more are no people, but "the Republic of"."""


class Decontextualized(msgspec.Struct, frozen=True):
    """A source sentence as it reads alone, parsed.

    `antecedents` are the indices of the sentences that name its pronoun or its speaker. `inserted`
    are pairs (offset in the text, characters): from that offset on the text stands so many
    characters further right than in the source.
    """

    parsed: ParsedSentence
    antecedents: tuple[int, ...] = ()
    inserted: tuple[tuple[int, int], ...] = ()

    def source_offset(self, place: int) -> int:
        """An offset in the text → the offset in the source sentence."""
        return place - sum(letters for begin, letters in self.inserted if begin <= place)


class SourceReader:
    """Index of a source sentence → its `ParsedSentence`, its `Decontextualized`, and its `Evidence`.

    Where the articles are of different days, "yesterday" reads as its date, and where two people of one name
    are in the set, each is named in full. When `extractive` no pronoun is named. `on_step` is
    called before each batch that is parsed and each sentence that is read as evidence; it may raise
    `Cancelled`.
    """

    def __init__(
        self,
        parser: Parser,
        sources: Sequence[Source],
        sentences: Sequence[Sentence],
        *,
        extractive: bool = False,
        on_step: Callable[[], None] = no_step,
    ) -> None:
        self.on_step = on_step
        self._parser = parser
        self._sources = sources
        self._sentences = sentences
        self._verbatim = extractive
        self._clauses: dict[int, ParsedSentence] = {}
        self._readings: dict[int, Decontextualized] = {}
        self._shared: dict[tuple[int, str], bool] = {}

    def prefetch(self, indices: Sequence[int]) -> None:
        """Parse these sentences in one call."""
        missing = [i for i in dict.fromkeys(indices) if i not in self._clauses]
        if missing:
            clauses = self.parse_all([self._sentences[i].text for i in missing])
            self._clauses.update(zip(missing, clauses, strict=True))

    def parsed(self, index: int) -> ParsedSentence:
        if index not in self._clauses:
            self.prefetch([index])
        return self._clauses[index]

    def decontextualized(self, index: int) -> Decontextualized:
        if index not in self._readings:
            self._readings[index] = self._read(index)
        return self._readings[index]

    def _read(self, index: int) -> Decontextualized:
        clause, moved, _ = self._dated(index)
        named: tuple[int, ...] = ()
        if (shared := self._in_full(index, clause)) is not None:
            start, end, name, naming = shared
            grown = len(name) - (end - start)
            moved = [(b + grown * (b > start), n) for b, n in moved] + [(start + len(name), grown)]
            clause = self.parse(clause.text[:start] + name + clause.text[end:])
            named = (naming,)
        if self._verbatim:
            return Decontextualized(clause, named, tuple(moved))
        front, behind = self._marks(index)
        if front or behind:
            clause = self.parse(front + clause.text + behind)
        inserted = [(len(front), len(front))] if front else []
        inserted += [(begin + len(front), letters) for begin, letters in moved]
        if quotations.all_quoted(clause.text) and (told := self._speaker(index)) is not None:
            text = quotations.with_speaker(clause.text, told[0])
            added = len(text) - len(clause.text) + len(behind)
            return Decontextualized(
                self.parse(text), (*named, *told[1]), (*inserted, (len(text), added))
            )
        before = self._before(index)
        found = antecedent(clause, map(self.parsed, before))
        if found is not None:
            text = clause.text[: found.start] + found.name + clause.text[found.end :]
            end = found.start + len(found.name)
            inserted = [(b + (end - found.end) * (b > found.start), n) for b, n in inserted]
            inserted.append((end, end - found.end))
            clause = self.parse(text)
        if behind:
            inserted.append((len(clause.text), len(behind)))
        named += () if found is None else (before[found.back - 1],)
        return Decontextualized(clause, named, tuple(inserted))

    def _before(self, index: int) -> list[int]:
        """The few sentences of its article that precede it, nearest first."""
        own = self._sentences[index].article
        return [
            i
            for i in range(index - 1, max(-1, index - 1 - BACK), -1)
            if self._sentences[i].article == own
        ]

    def _marks(self, index: int) -> tuple[str, str]:
        own = self._sentences[index]
        return quotations.marks(own.text, own.quoted)

    def _speaker(self, index: int) -> tuple[str, tuple[int, ...]] | None:
        """Who says a sentence that is all quotation, and the sentences that tell: the one that its
        quotation ends with, else the nearest one before it in its passage that quotes and says
        whom and speaks of nobody else, with what is quoted between them."""
        sentences = self._sentences
        place = self._passage(index)
        reach = range(index + 1, min(index + 1 + MAX_QUOTED, len(sentences)))
        after = list(takewhile(self._runs_on, reach))
        for way in (after, self._before(index)):
            for k, i in enumerate(way):
                if self._passage(i) != place:
                    break
                front, behind = self._marks(i)
                if not quotations.all_quoted(front + sentences[i].text + behind):
                    reading = self.decontextualized(i)
                    after_it = way is not after
                    several = after_it and quotations.names_several(reading.parsed)
                    who = None if several else quotations.speaker(reading.parsed)
                    told = (i, *reading.antecedents, *reversed(way[:k]))
                    return None if who is None else (who, told)
        return None

    def _passage(self, index: int) -> tuple[int, int]:
        """The paragraph, or the paragraphs through which one quotation runs, by article and first of them."""
        own = self._sentences[index]
        return own.article, own.paragraph if own.passage is None else own.passage

    def _runs_on(self, index: int) -> bool:
        """Whether a sentence begins in the quotation of the one before it."""
        here, before = self._sentences[index], self._sentences[index - 1]
        anew = here.paragraph != before.paragraph and self._passage(index) == self._passage(
            index - 1
        )
        return bool(here.quoted) or anew

    def text(self, index: int) -> str:
        """How the sentence reads alone."""
        return self.decontextualized(index).parsed.text

    def with_antecedents(self, indices: Sequence[int]) -> list[int]:
        """The sentences, and those that name whom these call "he"."""
        named = [each for i in indices for each in self.decontextualized(i).antecedents]
        return list(dict.fromkeys([*indices, *named]))

    def evidence(self, index: int, beside: Collection[int] = ()) -> Evidence:
        """A sentence as evidence, its pronoun named only if the sentence that names it is
        among those cited `beside` it."""
        self.on_step()
        reading = self.decontextualized(index) if beside else Decontextualized(self.parsed(index))
        whole = bool(reading.antecedents) and set(reading.antecedents) <= set(beside)
        clause, _, days = self._dated(index)
        published = self._sources[self._sentences[index].article].article.published_at
        return Evidence(
            reading.parsed if whole else clause,
            aware(published),
            tuple((each.phrase, each.words) for each in days),
        )

    def is_standalone(self, index: int) -> bool:
        """Whether the sentence could be printed as it reads alone: `standalone.is_standalone`."""
        return self.obstacle(index) is None

    def obstacle(self, index: int) -> str | None:
        """Why the sentence can't be printed alone, in plain words, or None."""
        if not self._whole(index):
            return "it stands in a quotation, and its speaker is not named in it"
        if self._shared_name(index):
            return "more than one person in it may bear that name"
        return standalone.obstacle(self.decontextualized(index).parsed)

    def can_open(self, index: int) -> bool:
        """Whether it could be printed as the first sentence, before any that mentions what it takes
        as known."""
        return self.is_standalone(index) and not self.presupposed_nouns(
            index, self.decontextualized(index).parsed
        )

    def is_readable_after(self, index: int) -> bool:
        """Whether it could be printed right behind the sentence that precedes it in its article."""
        own = self._sentences[index]
        return (
            index > 0
            and self._whole(index)
            and self._sentences[index - 1].article == own.article
            and self._sentences[index - 1].position == own.position - 1
            and standalone.is_readable_after(
                self.decontextualized(index).parsed, self.decontextualized(index - 1).parsed
            )
        )

    def presupposed_nouns(self, index: int, clause: ParsedSentence) -> frozenset[str]:
        """The nouns that `clause`, made of the sentence, takes as known:
        `standalone.presupposed_nouns`."""
        return standalone.presupposed_nouns(clause, self._preceding[index])

    def _dated(self, index: int) -> tuple[ParsedSentence, list[tuple[int, int]], list[RelativeDay]]:
        """A sentence with its relative days as dates, where articles of other days stand beside it: parsed,
        the shifts as `Decontextualized` has them, and what was put in. Nothing inside a quotation is touched."""
        clause, own = self.parsed(index), self._sentences[index]
        published = self._sources[own.article].article.published_at
        if published is None or own.quoted or not self._grains:
            return clause, [], []
        days = relative_days(
            clause.text,
            published.date(),
            ahead=weekdays_ahead(clause),
            years="year" in self._grains,
        )
        quoted = quotations_inside(quotations_in(clause.text, unclosed=True))
        text, moved, used = dated(
            clause.text, days, lambda day: day.grain in self._grains and not quoted(day.start)
        )
        return (self.parse(text), moved, used) if used else (clause, [], [])

    @cached_property
    def _grains(self) -> frozenset[Grain]:
        """In what the days of the articles differ."""
        used = {each.article for each in self._sentences}
        days = {
            published.date()
            for i in used
            if (published := self._sources[i].article.published_at) is not None
        }
        apart: dict[Grain, int] = {
            "day": len(days),
            "week": len({day.isocalendar()[:2] for day in days}),
            "month": len({(day.year, day.month) for day in days}),
            "year": len({day.year for day in days}),
        }
        return frozenset(grain for grain, n in apart.items() if n > 1)

    @cached_property
    def _preceding(self) -> tuple[standalone.Preceding, ...]:
        """Per sentence what its article says before it."""
        found: list[standalone.Preceding] = []
        for _, own in groupby(self._sentences, key=lambda each: each.article):
            found += standalone.preceding([each.text for each in own])
        return tuple(found)

    @cached_property
    def _naming(self) -> dict[tuple[int, str], list[int]]:
        """Article and word → the sentences there that have the word, in order."""
        found: dict[tuple[int, str], list[int]] = defaultdict(list)
        for i, each in enumerate(self._sentences):
            for word in dict.fromkeys(WORD.findall(each.text)):
                found[each.article, word].append(i)
        return found

    def _shared_name(self, index: int) -> bool:
        """Whether a last name stands alone in it that two people bear, of its article, neither of them
        named in full twice as often as the other, or of the set: which "Olgin" is it?"""
        clause = self.decontextualized(index).parsed
        here = {last for _, last in full_names(clause)}
        alone = {one.name for one in people(clause) if one.name == one.surname}
        article = self._sentences[index].article
        return any(
            name in self._namesakes or self._is_shared(article, name)
            for name in sorted(alone - here)
        )

    def is_of_another(self, index: int, other: int) -> bool:
        """Whether the two sentences speak of two people of one last name."""
        mine, theirs = (self._bearers(i) for i in (index, other))
        return any(
            name in theirs and not spelled_alike(first, theirs[name])
            for name, first in mine.items()
        )

    def has_namesake(self, last: str) -> bool:
        """Whether several people of the set bear a last name: it never stands alone then."""
        return last in self._namesakes

    def leaves_open_who(self, text: str) -> bool:
        """Whether a text has a last name alone that several people of the set bear."""
        return any(
            re.search(rf"\b{re.escape(last)}\b", text)
            and not any(f"{first} {last}" in text for first in firsts)
            for last, firsts in self._namesakes.items()
        )

    def _bearers(self, index: int) -> dict[str, str]:
        """Last names that several people of the set bear → the first name of the one whom the sentence
        speaks of, where its article tells."""
        found: dict[str, str] = {}
        text, article = self._sentences[index].text, self._sentences[index].article
        for last in self._namesakes:
            if not re.search(rf"\b{re.escape(last)}\b", text):
                continue
            here = [first for first in self._namesakes[last] if f"{first} {last}" in text]
            own = here or [f for f, where in self._namesakes[last].items() if article in where]
            if len(own) == 1:
                found[last] = own[0]
        return found

    @cached_property
    def _namesakes(self) -> dict[str, dict[str, dict[int, int]]]:
        """Last names that more than one person of the set bears → their first names → the articles that have
        the full name, each with its first sentence that does."""
        pairs: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for i, each in enumerate(self._sentences):
            for first, last in FULL_NAME.findall(each.text):
                pairs[last][first].append(i)
        found: dict[str, dict[str, dict[int, int]]] = {}
        for last, firsts in pairs.items():
            if len(firsts) < 2 or len(firsts) > MOST_NAMESAKES:
                continue
            naming = [i for own in firsts.values() for i in own[:MOST_NAMESAKES]]
            self.prefetch(naming)
            named: dict[str, dict[int, int]] = {}
            for i in sorted(naming):
                for first, own in full_names(self.parsed(i)):
                    if own == last:
                        named.setdefault(first, {}).setdefault(self._sentences[i].article, i)
            apart = [
                first
                for first in named
                if not any(o != first and spelled_alike(first, o) for o in named)
            ]
            if len(apart) > 1:
                found[last] = named
        return found

    def _in_full(self, index: int, clause: ParsedSentence) -> tuple[int, int, str, int] | None:
        """Start and end of a last name that stands alone in the clause and that other people of the set bear,
        its full name, and the sentence that gives it."""
        article = self._sentences[index].article
        for one in people(clause):
            if one.name != one.surname or one.surname not in self._namesakes:
                continue
            if any(
                f"{first} {one.surname}" in clause.text for first in self._namesakes[one.surname]
            ):
                continue
            own = [
                (f, where[article])
                for f, where in self._namesakes[one.surname].items()
                if article in where
            ]
            if len(own) == 1:
                return one.start, one.end, f"{own[0][0]} {one.surname}", own[0][1]
        return None

    def _is_shared(self, article: int, surname: str) -> bool:
        if (article, surname) not in self._shared:
            word = WORD.search(surname)
            naming = [] if word is None else self._naming.get((article, word.group()), [])
            self.prefetch(naming)
            full = [name for i in naming for name in full_names(self.parsed(i))]
            first = Counter(first for first, last in full if last == surname)
            (_, most), (_, other) = [*first.most_common(2), ("", 0), ("", 0)][:2]
            self._shared[article, surname] = 0 < most < 2 * other
        return self._shared[article, surname]

    def _whole(self, index: int) -> bool:
        """Whether it says, as it reads alone, that it is quoted, if it is."""
        return not (self._sentences[index].quoted and self._verbatim)

    def parse(self, text: str) -> ParsedSentence:
        """Parse a text that is no source sentence."""
        return self.parse_all([text])[0]

    def parse_all(self, texts: Sequence[str]) -> list[ParsedSentence]:
        """Parse texts in one call; one that is too long to be parsed has no tokens."""
        short = [text for text in texts if is_parsable(text)]
        self.on_step()
        parses = dict(zip(short, self._parser.parse(short, on_step=self.on_step), strict=True))
        return [ParsedSentence(text, parses.get(text, ())) for text in texts]
