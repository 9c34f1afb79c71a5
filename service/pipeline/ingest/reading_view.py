"""Reading view: an article's text as it is read, with the way back to every character that was sent.

Invisible marks are left out, spaces and hyphens of all kinds are plain ones, entities and emphasis that were left in are
resolved, the lines of a paragraph are one line, and quotations stand between \u201c and \u201d whatever marks their
language or keyboard gave them. All stages read the view. What leaves the pipeline, a citation above all, is
mapped back: the text that the caller sent is never edited.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from service.pipeline.ingest.lines import paragraphs

UNDEFINED_IN_WINDOWS_1252 = frozenset("\x81\x8d\x8f\x90\x9d")

MANY_ESCAPES = 3
"""How often an entity is resolved: feeds escape what their editing system has escaped."""

INVISIBLE = (
    r"\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    r"\U000e0000-\U000e007f\x00-\x08\x0e-\x1b\x7f"
)
"""Marks without a shape: of breaking, of direction, of order, tags, controls."""

JOINERS = r"\u200c\u200d"
"""They shape emoji, Arabic and Indic letters; between Latin ones they are stray."""

SELECTORS = r"\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Variation selectors; content credentials hide their bytes in long runs of them."""

SPACES = r"\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
BREAKS = r"\x0b\x0c\x1c-\x1f\u2028\u2029"
HYPHENS = r"\u2010\u2011\ufe63\uff0d"

HIGH = r"\x80-\xff\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122"
"""What the bytes 80 to ff are in windows-1252."""

READ_OTHERWISE = re.compile(
    rf"(?=[^ -%()+\--;=-Z\]-_a-~\u2013\u2014\u201c\u201d\n])(?:"  # what plain text is made of is passed over
    rf"(?P<entity>&(?:amp;){{0,3}}(?:#[0-9]{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|[A-Za-z][A-Za-z0-9]{{1,30}});)"
    r"|(?P<block></?(?:p|br|div|li|ul|ol|h[1-6]|tr|table|section|article|blockquote)(?:\s[^<>]{0,300})?/?>)"
    r"|(?P<inline></?(?:b|strong|i|em|u|span|a|sup|sub|small|font)(?:\s[^<>]{0,300})?>)"
    r"|(?P<lost>\xe2\u20ac(?=[\s.,;:!?)]|$))|(?P<escaped>\\(?=\"))"
    rf"|(?P<mojibake>[\xc2-\xf4][{HIGH}]{{1,3}})"
    rf"|(?P<double>``|\u2018\u2018|\u2019\u2019|\u201a\u201a|''|,,(?=\w))"
    rf"|(?P<selector>[{SELECTORS}]+)|(?P<joiner>[{JOINERS}]+)|(?P<invisible>[{INVISIBLE}]+)"
    rf"|(?P<space>[{SPACES}])|(?P<break>[{BREAKS}])|(?P<hyphen>[{HYPHENS}])"
    r"|(?P<emphasis>\*\*)|(?P<reference>(?<=[.!?\u201d\"])\[\d{1,3}\](?=[\s\[]|$))"
    r"|(?P<control>[\x80-\x9f])|(?P<ligature>[\ufb00-\ufb06])|(?P<apostrophe>\u02bc|\uff07|(?<=[A-Za-z])[\u00b4`](?=[a-z])))"
)

LINE_BREAK = re.compile(
    r"(?P<hyphen>(?<=[a-z]-)[\r\n][ \t\r\n]*(?=[a-z]))|(?<![ \t])[ \t]*[\r\n][ \t\r\n]*"
)

Opening = Literal["double", "single"]

MARK = re.compile(
    r"[\u201c\u201d\u201e\u201f\u00ab\u00bb\u00b4\"\u2018\u2019\u201a\u201b'`\u2039\u203a\u300c-\u300f\u275b-\u275e\u301d-\u301f\uff02]"
)
"""All that stands for a quotation mark in some language; some are apostrophes too."""

OPENERS = frozenset("\u201c\u201e\u201f\u00ab\u300c\u300e\u275d\u301d")
CLOSERS = frozenset("\u201d\u00bb\u300d\u300f\u275e\u301e\u301f")
GUILLEMETS = {"\u00ab": "guillemets", "\u00bb": "guillemets"}
"""Double marks within which the curly ones are a quotation of its own, and the other way round."""

SINGLE = {
    "\u2018": "\u2019'",
    "\u201a": "\u2018\u2019",
    "\u201b": "\u2019",
    "'": "'\u2019",
    "`": "'`",
    "\u2019": "\u2019",
    "\u00b4": "\u00b4",
    "\u2039": "\u203a",
    "\u203a": "\u2039",
    "\u275b": "\u275c",
}
"""A single mark that opens \u2192 those that close what it opens."""

SURELY_SINGLE = frozenset("\u00b4\u2018\u201a\u201b`\u2039\u275b")
"""Those that are no apostrophe."""

BEFORE_OPENING = frozenset("([{/\u2014\u2013-\u2026\u201c\u201e\u00ab\"\u2018\u201a'")
BEHIND_CLOSING = frozenset(".,;:!?)]}/\u2014\u2013-\u2026\u201d\u201c\u00bb\"\u2019'")
BEHIND_WORD = frozenset(".,;:!?)]}")
ENDS_CLAUSE = frozenset('.,!?\u2026;\u2014\u2013-\u201d\u00bb"')

ELISION = re.compile(r"(?:\d\ds?|em|tis|twas|til|cause|cos|n)\b", re.IGNORECASE)
"""What an apostrophe begins: '90s, 'em."""

MOST_MARKS = 400
"""Single marks behind one that opens, among which the one that closes is looked for."""


class Layer(msgspec.Struct, frozen=True):
    """Edits of one text in their order: from `at[k]` in the result, `length[k]` characters stand for
    `span[k]` characters from `source[k]`."""

    at: tuple[int, ...] = ()
    length: tuple[int, ...] = ()
    source: tuple[int, ...] = ()
    span: tuple[int, ...] = ()

    def begin(self, offset: int) -> int:
        """Where the character at `offset` of the result began in the source."""
        k = bisect_right(self.at, offset) - 1
        if k < 0:
            return offset
        into = offset - self.at[k] - self.length[k]
        return self.source[k] if into < 0 else self.source[k] + self.span[k] + into

    def end(self, offset: int) -> int:
        """Where the character before `offset` of the result ended in the source."""
        k = bisect_right(self.at, offset - 1) - 1
        if k < 0:
            return offset
        into = offset - self.at[k] - self.length[k]
        return self.source[k] + self.span[k] + max(0, into)


class ReadingView(msgspec.Struct, frozen=True):
    """`text` is what is read, `paragraphs` are its spans in it, `layers` lead back from it, the last one first."""

    text: str
    paragraphs: tuple[tuple[int, int], ...]
    layers: tuple[Layer, ...] = ()

    def original(self, start: int, end: int) -> tuple[int, int]:
        """A span of `text` that is not empty \u2192 the span of the text that was sent.

        >>> view = reading_view("Vos\\u00adberg said \\u00abno\\u00bb.")
        >>> view.text, view.original(0, 7)
        ('Vosberg said \u201cno\u201d.', (0, 8))
        """
        for layer in reversed(self.layers):
            start, end = layer.begin(start), layer.end(end)
        return start, end


def reading_view(text: str) -> ReadingView:
    """A text as it is read."""
    plain, first = _edited(text, _characters(text))
    spans = list(paragraphs(plain))
    read, second = _edited(plain, _within(plain, spans))
    moved = _moved(second, spans)
    return ReadingView(read, tuple(moved), tuple(each for each in (first, second) if each.at))


def plain_text(text: str) -> str:
    """A short text, such as a title, as it is read."""
    return reading_view(text).text


def _edited(text: str, edits: Iterable[tuple[int, int, str]]) -> tuple[str, Layer]:
    """The text with disjoint spans in their order replaced."""
    pieces: list[str] = []
    at: list[int] = []
    length: list[int] = []
    source: list[int] = []
    span: list[int] = []
    done = made = 0
    for start, end, put in edits:
        pieces += [text[done:start], put]
        made += start - done
        at.append(made)
        length.append(len(put))
        source.append(start)
        span.append(end - start)
        made += len(put)
        done = end
    pieces.append(text[done:])
    return "".join(pieces), Layer(tuple(at), tuple(length), tuple(source), tuple(span))


def _moved(layer: Layer, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans of a text, none of which begins or ends inside an edit, in the edited one."""
    for start, end in spans:
        yield tuple(_forward(layer, each) for each in (start, end))  # type: ignore[misc]


def _forward(layer: Layer, offset: int) -> int:
    k = bisect_right(layer.source, offset - 1) - 1
    if k < 0:
        return offset
    return layer.at[k] + layer.length[k] + offset - layer.source[k] - layer.span[k]


def _characters(text: str) -> Iterator[tuple[int, int, str]]:
    """What single characters and sequences are read as."""
    for found in READ_OTHERWISE.finditer(text):
        start, end = found.span()
        was = found.group()
        put = _read_as(str(found.lastgroup), was, text[start - 1 : start], text[end : end + 1])
        if put != was:
            yield start, end, put


def _read_as(kind: str, was: str, before: str, behind: str) -> str:
    if kind == "entity":
        put = _unescaped(was)
        return put if put == was else READ_OTHERWISE.sub(_alone, put)
    if kind == "mojibake":
        return _decoded(was)
    if kind == "double":
        return _double(was, before, behind)
    if kind == "selector":
        return was if len(was) == 1 and before > "\u203b" else ""
    if kind == "joiner":
        return was if before > "\u036f" and behind > "\u036f" else ""
    if kind == "control":
        return was.encode("latin-1").decode("windows-1252", errors="ignore")
    if kind == "ligature":
        return unicodedata.normalize("NFKC", was)
    return {
        "space": " ",
        "break": "\n",
        "block": "\n",
        "lost": "\u201d",
        "hyphen": "-",
        "apostrophe": "\u2019",
    }.get(kind, "")


def _alone(found: re.Match[str]) -> str:
    """What an entity's character is read as."""
    if found.lastgroup in {"space", "break", "hyphen", "invisible", "control"}:
        return _read_as(str(found.lastgroup), found.group(), "", "")
    return found.group()


def _unescaped(entity: str) -> str:
    for _ in range(MANY_ESCAPES):
        entity = html.unescape(entity)
    return entity


def _decoded(run: str) -> str:
    """UTF-8 that was read as windows-1252: the characters that it was."""
    try:
        octets = b"".join(
            each.encode("latin-1")
            if each < "\u0100" and not (each < "\xa0" and each not in UNDEFINED_IN_WINDOWS_1252)
            else each.encode("windows-1252")
            for each in run
        )
        return octets.decode("utf-8")
    except UnicodeError:
        return run


def _double(was: str, before: str, behind: str) -> str:
    """Two single marks that stand for a double one."""
    if was in {"``", "\u201a\u201a", ",,"}:
        return "\u201c" if not before.isalnum() else was
    opening = not before or before.isspace() or before in BEFORE_OPENING
    return "\u201c" if opening and behind and not behind.isspace() else "\u201d"


def _within(text: str, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, str]]:
    """What the line breaks and quotation marks of each paragraph are read as."""
    spans = list(spans)
    begun: Opening | None = None
    for k, (start, end) in enumerate(spans):
        following = text[slice(*spans[k + 1])] if k + 1 < len(spans) else ""
        paragraph = text[start:end]
        edits = [
            (start + found.start(), start + found.end(), "" if found["hyphen"] else " ")
            for found in (
                LINE_BREAK.finditer(paragraph) if "\n" in paragraph or "\r" in paragraph else ()
            )
        ]
        marks = _Marks(paragraph, begun, following)
        edits += [(start + a, start + b, put) for a, b, put in marks.edits()]
        begun = marks.state
        reach = start
        for a, b, put in sorted(edits):
            if a >= reach:  # a mark beside a line break takes that with it
                yield a, b, put
                reach = b


class _Marks:
    """The quotation marks of one paragraph, read from left to right.

    `state` is the kind of marks of the quotation that is open, at the end that which the paragraph leaves open;
    `following` is the next paragraph.
    """

    def __init__(self, text: str, begun: Opening | None, following: str) -> None:
        self._text = text
        self._following = following
        self._found = [found.start() for found in MARK.finditer(text)]
        self._goes_on = begun
        self._family: str | None = None
        self._nested = False
        self.state: Opening | None = None

    def edits(self) -> list[tuple[int, int, str]]:
        """Spans of marks that are read as others, with those."""
        made: list[tuple[int, int, str]] = []
        closing: int | None = self.closing_of_the_paragraph_before()
        if closing is not None:
            self.state = "single"
        for place, k in enumerate(self._found):
            mark = self._text[k]
            if mark in SINGLE:
                if self.state == "single" and k == closing:
                    made.append((k, k + 1, "\u201d"))
                    self.state = closing = None
                elif self.state is None and self._opening(k):
                    closing = self._closing(place)
                    if closing is None and not self._left_open(k):
                        continue
                    made.append((k, k + 1, "\u201c"))
                    self.state = "single"
                continue
            made += self._double(k)
        return made

    def _double(self, k: int) -> list[tuple[int, int, str]]:
        """What a double mark is read as: itself inside single ones that are read as double."""
        mark = self._text[k]
        if mark in '"\uff02':
            if self._text[k - 1 : k].isdigit() and self.state != "double":
                return []
            if self.state == "double" and (
                self._nested or (self._opening(k) and not self._closes(k))
            ):
                self._nested = not self._nested
                return [(k, k + 1, "\u2018" if self._nested else "\u2019")]
            opens = self.state != "double" and not (self.state == "single" and self._closes(k))
            if self.state != "single":
                self.state = (
                    None if self.state == "double" else "double" if self._opening(k) else None
                )
                return [(k, k + 1, '"')] if mark == "\uff02" else []
            return [(k, k + 1, "\u2018" if opens else "\u2019")]
        a, b = self._opening(k), self._closes(k)
        opens = a if a != b else mark in OPENERS
        if mark == "\u00bb" and not opens and self.state is None and not b and not self._goes_on:
            return []
        family = GUILLEMETS.get(mark)
        nested = self.state == "double" and family != self._family
        if self.state == "single" or nested:
            return [(k, k + 1, "\u2018" if opens else "\u2019")]
        self.state = "double" if opens else None
        self._family = family
        start, end = k, k + 1
        if mark in "\u00ab\u00bb":
            start -= not opens and self._text[k - 1 : k] == " "
            end += opens and self._text[k + 1 : k + 2] == " "
        put = "\u201c" if opens else "\u201d"
        return [(start, end, put)] if self._text[start:end] != put else []

    def _opening(self, k: int) -> bool:
        before, behind = self._text[k - 1 : k] if k else "", self._text[k + 1 : k + 2]
        return (not before or before.isspace() or before in BEFORE_OPENING) and bool(
            behind and not behind.isspace() and behind not in BEHIND_WORD
        )

    def _closes(self, k: int) -> bool:
        before, behind = self._text[k - 1 : k] if k else "", self._text[k + 1 : k + 2]
        return bool(before and not before.isspace()) and (
            not behind or behind.isspace() or behind in BEHIND_CLOSING
        )

    def _closing(self, place: int) -> int | None:
        """Where the quotation ends that a single mark opens: at the first one that is no apostrophe."""
        k = self._found[place]
        mark = self._text[k]
        if ELISION.match(self._text, k + 1):
            return None
        possessive: int | None = None
        within = 0
        for each in self._found[place + 1 : place + 1 + MOST_MARKS]:
            if self._text[each] not in SINGLE and self._text[each] not in SINGLE[mark]:
                continue
            if self._opening(each) and not self._closes(each):
                within += not ELISION.match(self._text, each + 1)
            elif self._closes(each) and each > k + 2 and self._text[each] in SINGLE[mark]:
                if self._possessive(each):
                    possessive = each if possessive is None and not within else possessive
                elif within:
                    within -= 1
                else:
                    return each
        return possessive if mark in SURELY_SINGLE else None

    def _possessive(self, k: int) -> bool:
        """Whether it may be an apostrophe: "the residents\u2019 group"."""
        return (
            self._text[k - 1] == "s"
            and self._text[k + 1 : k + 2] == " "
            and self._text[k + 2 : k + 3].islower()
        )

    def _left_open(self, k: int) -> bool:
        """Whether the next paragraph takes the quotation up, with the same mark, or closes it."""
        if self._text[k] not in SURELY_SINGLE | {"'"} or ELISION.match(self._text, k + 1):
            return False
        if self._following.startswith(self._text[k]):
            return True
        marks = _Marks(self._following, "single", "")
        return k == 0 and marks.closing_of_the_paragraph_before() is not None

    def closing_of_the_paragraph_before(self) -> int | None:
        """Where the quotation ends that an earlier paragraph opened, in single marks, and this one goes on
        with without a mark."""
        if self._goes_on != "single" or (self._found and self._found[0] == 0):
            return None
        return next(
            (
                k
                for k in self._found
                if self._text[k] in "\u2019'"
                and self._closes(k)
                and self._text[k - 1] in ENDS_CLAUSE
            ),
            None,
        )
