"""Speech without marks: paragraphs that are somebody's words, though no quotation marks say so.

Their form tells: a block quotation, a label with a name and a colon, a line that announces what somebody wrote, a claim
under review. Nothing in them is the outlet's own report.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from service.pipeline.ingest.lines import is_quoted_line
from service.pipeline.linguistics.normalisation import FUNCTION
from service.pipeline.linguistics.parse import opens, quotation_marks

WORD = r"[A-Z\u00c0-\u00de][\w.\u2019'-]*"
LABEL = re.compile(
    rf"^(?:\[\d{{1,2}}:\d\d(?::\d\d)?\] )?[^\w\s\"'\u201c\u2018(]{{0,3}} ?(?P<label>{WORD}(?: (?:{WORD}|de|van|von|der|al|bin|the|of|\d{{1,2}})){{0,4}})"
    r"(?:, (?:[A-Z][A-Z ,.&'\u2019-]{1,60}|(?!\w+ (?:said|says|told|wrote))[a-z][\w'\u2019-]*(?: [\w'\u2019-]+){0,2})(?=:))?(?:,? ?\((?:[^()\d]{1,40}|\d{1,2}:\d\d(?::\d\d)?)\)| ?\[[^\[\]]{1,40}\])?\W{0,2}:(?:\W{0,2}\s|\W{0,2}$)"
)
"""`Ada Bly: `, `ADA BLY:` alone on its line."""

INLINE_LABEL = re.compile(r"[.!?] (?P<label>[A-Z][A-Z.]*[A-Z.](?: [A-Z.]+){0,9}): ")
"""The label of a further speaker within a paragraph: "Is it late? DAHL: It is.", of two or behind a question. It has ten
words at most: without a bound every point of "A. B. C. \u2026" is read up to the end of the text."""

VOICE = re.compile(r"\?|\b(?:I|we|you|my|our|your|me|us)\b")
"""Somebody speaks or is asked: before such words a name in capitals is no place where a report was filed."""

BARE_LABEL = re.compile(
    rf"^(?P<label>{WORD}(?: {WORD}){{0,3}})(?: [\u2014\u2013-] (?=[A-Z\u00c0-\u00de\"\u201c])|$)"
)
"""`Bly \u2014 It leaks.`, and a name alone on its line."""

POSTED_BY = re.compile(r"^[\u2014\u2013-] ?[^()]{2,60}\(@\w{2,30}\)")
"""Who posted what stands before: `\u2014 Ada Bly (@adably) March 4, 2026`."""

QUESTION_AND_ANSWER = re.compile(
    r"^\W{0,3}(?P<label>[QA]\d{0,2}|Question|Answer)\s?[.:)]\s", re.IGNORECASE
)

ASKED = re.compile(r"^\W{0,3}Q\d{0,2}[.:)]\s[^?]{0,1000}\?")

QUESTION = re.compile(r"^[^.!?]{3,300}\?\W{0,2}$")
INTERVIEW = re.compile(
    r"\b(?:interviewed|(?:this|our|an) interview with|(?:spoke|talked|speaks|talks) (?:to|with)|sat down with|answer(?:s|ed) (?:our |\w+ )?questions|in conversation)\b",
    re.IGNORECASE,
)
"""What says that the questions that follow, each a paragraph, were put to somebody."""

DASHED = re.compile(r"^[\u2014\u2013] ?[A-Z\u00c0-\u00de]")

DIALOGUE = re.compile(
    r"^[\u2014\u2013-] ?[A-Z\u00c0-\u00de].{0,400}?[,.!?\u2014\u2013-] ?(?:said|says|asked|added|replied|answered)\b"
)
"""Speech that a dash begins: `\u2014 It leaks, said the director.`"""

ROLES = frozenset(
    {"q", "a", "question", "answer", "interviewer", "interviewee", "reporter", "moderator", "host", "anchor",
     "presenter", "narrator", "caller", "guest", "unidentified male", "unidentified female", "voiceover", "audience"}
)  # fmt: skip
"""Labels that only transcripts have."""

OF_THE_PAGE = re.compile(
    r"(?:updates?|updated|related(?: \w+)?|read (?:more|also|next)|see also|more|photos?|pictures?|images?|gallery|videos?|watch|listen|full coverage|coverage"
    r"|breaking(?: news)?|just in|developing|live|exclusive|note|editor.?s.? note|corrections?|clarification|warning|disclaimer|disclosure|sources?|key (?:points|facts|takeaways)"
    r"|highlights|timeline|fact.?(?:box|check)|who|what|when|where|why|how|date|time|location|place|venue|contact|phone|tel|fax|e-?mail|address|website|price|tickets|score|result|final"
    r"|summary|topics?|tags?|author|by|photo credit|credit|copyright|by the numbers|the numbers|next|previous|advertisement|sponsored|opinion|editorial|column|review|podcast|newsletter"
    r"|dead|injured|missing|total|average|today|tomorrow|yesterday|monday|tuesday|wednesday|thursday|friday|saturday|sunday)(?: \d{1,2})?",
    re.IGNORECASE,
)
"""Labels of pages and of lists of facts: nobody speaks behind them."""

CLAIM = re.compile(
    r"^\W{0,3}(?:(?:the |viral |false )?claims?(?: (?:under review|\d{1,2}|reviewed|checked))?|what (?:was|is|were|are|they) (?:being )?(?:claimed|said|claim)"
    r"|(?:the )?(?:myth|rumou?r|allegation|statement|quote|post)(?: \d{1,2})?)\s?(?:[:\u2014\u2013-](?:\s|$)|$)",
    re.IGNORECASE,
)
"""What a check of facts puts before the claim that it checks."""

JUDGEMENT = re.compile(
    r"^\W{0,3}(?:(?:our |the |final |fact.?check )?(?:verdict|rating|ruling|facts?|truth|reality|conclusion|assessment|analysis|finding|evidence|context|background|answer|bottom line)s?"
    r"|[A-Z]{2,10}[\u2019']s assessment)\s?[:\u2014\u2013-]",
    re.IGNORECASE,
)
"""What it puts before its own words."""

ANNOUNCES = re.compile(
    r"\b(?:wrote|writes|written|posted|posts|tweeted|tweets|read|reads|reading|stated|states|said|says|added|adds|explained|replied|continued|told|asked|statement|letters?|e-?mails?"
    r"|messages?|posts?|tweets?|according to|memo|note|transcript|testimony|speech|remarks|excerpts?|words|message|caption|comment|thread)\b[^.!?:]{0,120}:$",
    re.IGNORECASE,
)
"""The end of a paragraph after which somebody's words begin."""

TO_THE_READER = re.compile(
    r"(?:share|listen|leave|read|sign|subscribe|click|watch|see|follow|in other words|here(?:[\u2019']s| is| are)|our)\b|.*\b(?:is|are|was|were):$",
    re.IGNORECASE,
)
"""A line with a colon that announces nobody's words: the page speaks, or a list follows."""

MOST_ANNOUNCED = 12
"""Paragraphs that one line announces."""

OPENING = re.compile(r"^[\"\u201c\u2018']")
MARKED = re.compile(r"[\"\u201c\u201d]")

FEWEST_TURNS, LONGEST_ANSWER = 0.25, 4
"""Share of a transcript's paragraphs that have a label, at least; paragraphs of one turn, of the last one too."""

MOST_LABEL = 60
"""Characters in which the handle of somebody who posts stands behind the name."""

NAME_WORDS = 2
"""Words of a label that is a person's full name."""


def spoken(
    paragraphs: Sequence[str], items: Sequence[bool], is_heading: Callable[[str], bool]
) -> list[int | None]:
    """Per paragraph, which may be the item of a list, where speech without marks begins in it, to its end; None where
    there is none.

    >>> spoken(["It leaks.", "Ada Bly wrote on X:", "Roe knew of the leak."], [False] * 3, lambda _: False)
    [None, None, 0]
    """
    found = [_within(each) for each in paragraphs]
    dashes = [bool(DASHED.match(each)) for each in paragraphs]
    for k, each in enumerate(paragraphs):
        if dashes[k] and VOICE.search(each):
            for i in (k - 1, k, k + 1):
                if 0 <= i < len(paragraphs) and dashes[i]:
                    found[i] = 0
    for members in (
        (k - 1 for k, each in enumerate(paragraphs) if k and POSTED_BY.match(each)),
        _transcript(paragraphs, is_heading),
        _claims(paragraphs),
        _announced(paragraphs, items, is_heading),
    ):
        for k in members:
            found[k] = 0
    return found


def _within(paragraph: str) -> int | None:
    """Where a paragraph's own form says that somebody speaks in it."""
    if is_quoted_line(paragraph) or DIALOGUE.match(paragraph):
        return 0
    labels = [
        each
        for each in INLINE_LABEL.finditer(paragraph)
        if not OF_THE_PAGE.fullmatch(each["label"])
    ]
    asks = any("?" in paragraph[: each.end()] for each in labels)
    return labels[0].start() + 1 if asks or len(labels) > 1 else None


class Turn(NamedTuple):
    """A paragraph that begins with a label, or is one, and what is said behind it, there or in the next paragraph."""

    label: str
    words: str
    alone: bool


def _transcript(paragraphs: Sequence[str], is_heading: Callable[[str], bool]) -> Iterator[int]:
    """A transcript from its first label on, with the answer behind its last; where one label stands alone, what it
    labels."""
    once = Counter(paragraphs)
    questions = [k for k, each in enumerate(paragraphs) if QUESTION.match(each) and once[each] == 1]
    if len(questions) > 1 and any(map(INTERVIEW.search, paragraphs[: questions[0]])):
        yield from range(questions[0], min(questions[-1] + LONGEST_ANSWER, len(paragraphs)))
    labelled = _labelled(paragraphs, is_heading)
    times = Counter(label for label, _ in {(each.label, each.words) for each in labelled.values()})
    names = [
        k
        for k, each in labelled.items()
        if "(@" in paragraphs[k][:MOST_LABEL]
        or (_is_name(paragraphs[k], each.label) and (k > 0 or VOICE.search(paragraphs[k])))
    ]
    roles = [k for k, each in labelled.items() if each.label in ROLES]
    voices = any(VOICE.search(each.words) for each in labelled.values())
    repeated = [
        k
        for k, each in labelled.items()
        if times[each.label] > 1 and (voices or k in names or _introduced(each.label, paragraphs))
    ]
    names += [k for k, each in labelled.items() if k and _introduced(each.label, paragraphs)]
    asks = {bool(QUESTION.match(each.words)) for each in labelled.values()}
    answered = labelled if len(asks) > 1 and len(times) > 1 else ()
    turns = sorted({*roles, *repeated, *names, *answered})
    if len(turns) > 1 or roles:
        gaps = [after - before for before, after in pairwise(turns)]
        if len(turns) >= FEWEST_TURNS * (turns[-1] - turns[0] + 1):
            last = turns[-1] + max([LONGEST_ANSWER, *gaps])
            yield from range(turns[0], min(last, len(paragraphs)))
            return
    for k in names:
        yield from (k, k + 1) if labelled[k].alone else (k,)


def _introduced(label: str, paragraphs: Sequence[str]) -> bool:
    """Whether a label of one word, in lower case, is the name of somebody of whom the text speaks."""
    name = re.compile(rf"[a-z,] {re.escape(label.capitalize())}\b")
    return label.isalpha() and label not in FUNCTION and any(map(name.search, paragraphs))


def _labelled(paragraphs: Sequence[str], is_heading: Callable[[str], bool]) -> dict[int, Turn]:
    """Paragraphs with a label and a colon behind which somebody speaks; those with a dash, or with a name alone on its
    line, where two of them take turns."""
    asked = any(map(ASKED.match, paragraphs))
    found: dict[int, Turn] = {}
    bare: dict[int, Turn] = {}
    for k, each in enumerate(paragraphs):
        if CLAIM.match(each) or JUDGEMENT.match(each):
            continue
        colon = LABEL.match(each) or (QUESTION_AND_ANSWER.match(each) if asked else None)
        label = colon or BARE_LABEL.match(each)
        if label is None or OF_THE_PAGE.fullmatch(label["label"]):
            continue
        rest = each[label.end() :].strip()
        words = rest or (paragraphs[k + 1] if k + 1 < len(paragraphs) else "")
        if len(words.split()) > 1 and not is_heading(words):
            turn = Turn(label["label"].casefold(), words, not rest)
            (found if colon else bare)[k] = turn
    times = Counter(label for label, _ in {(each.label, each.words) for each in bare.values()})
    return found | bare if len(times) > 1 and max(times.values()) > 1 else found


def _is_name(paragraph: str, label: str) -> bool:
    """Whether a label, in lower case, is a person's full name, or written in capitals as speakers are."""
    at = paragraph.casefold().find(label)
    written = paragraph[at : at + len(label)]
    words = written.split()
    return all(each[0].isupper() for each in words) and (
        (len(words) >= NAME_WORDS and words[0].lower() not in FUNCTION)
        or (written.isupper() and len(written) > 1)
    )


def _claims(paragraphs: Sequence[str]) -> Iterator[int]:
    """Claims under review; a label alone stands for the next paragraph."""
    for k, each in enumerate(paragraphs):
        found = CLAIM.match(each)
        if found is not None:
            yield k
            if not each[found.end() :].strip() and k + 1 < len(paragraphs):
                yield k + 1


def _announced(
    paragraphs: Sequence[str], items: Sequence[bool], is_heading: Callable[[str], bool]
) -> Iterator[int]:
    """What follows a line that announces somebody's words: the items of a list, or all paragraphs up to one with
    quotation marks of its own or a heading."""
    done = 0
    for k, each in enumerate(paragraphs):
        if (
            k < done
            or not each.endswith(":")
            or TO_THE_READER.match(each)
            or not ANNOUNCES.search(each)
            or LABEL.match(each)
            or k + 1 == len(paragraphs)
        ):
            continue
        following = paragraphs[k + 1]
        if OPENING.match(following):
            continue
        kind = items[k + 1], is_quoted_line(following)
        for i in range(k + 1, min(k + 1 + MOST_ANNOUNCED, len(paragraphs))):
            done = i
            here = paragraphs[i]
            if (items[i], is_quoted_line(here)) != kind:
                break
            if i > k + 1 and not any(kind) and (MARKED.search(here) or is_heading(here)):
                break
            yield i


def running_quotations(paragraphs: Sequence[str]) -> list[tuple[int, str]]:
    """Per paragraph the first one of the passage that it belongs to, and the quotation mark that was opened in an
    earlier one and not closed before it begins, or "".

    A quotation runs on where the next paragraph opens it again, or where the next mark closes it.

    >>> running_quotations(["\u201cIt holds.", "\u201cIt will burst,\u201d she said.", "It rained."])
    [(0, ''), (0, ''), (2, '')]
    >>> running_quotations(["\u201cIt holds.", "It will burst,\u201d she said."])
    [(0, ''), (0, '\u201c')]
    """
    marks = [quotation_marks(each) for each in paragraphs]
    closes = ""  # whether the next mark from here on closes what stands open
    closed_later: list[bool] = []
    for text, own in zip(reversed(paragraphs), reversed(marks), strict=True):
        if own:
            closes = "" if opens(text, own[0]) else text[own[0]]
        closed_later.append(bool(closes))
    closed_later.reverse()
    found: list[tuple[int, str]] = []
    left_open = ""
    for k, (text, own) in enumerate(zip(paragraphs, marks, strict=True)):
        again = bool(own) and own[0] == 0 and opens(text, 0)
        begun = left_open if left_open and closed_later[k] and not again else ""
        if not begun and own and text[own[0]] == "\u201d":
            begun = "\u201c"  # what a page lost the opening mark of
        runs_on = bool(found and left_open and (again or begun))
        found.append((found[-1][0] if runs_on else k, begun))
        if own:
            left_open = text[own[-1]] if opens(text, own[-1]) else ""
        elif not begun:
            left_open = ""
    return found
