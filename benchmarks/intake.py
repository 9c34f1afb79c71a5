"""What intake makes of hard articles: cases from fault reports, right or wrong by kind.

    python -m benchmarks.intake cases/ --kinds 05 06 07 --json intake.json

Data: requests to `POST /v1/briefs` as `NN-kind-x.json`, NN being the kind; they are briefed in
extractive mode, the way that a request goes. Cases with a `url` or a `feed` are served to by the
`serve_pages.py` beside them, on port 8124.

A case may say what is right, all of it or a part: `"expect": {"printed": […], "never": […], "by":
"Teller", "used": [ids], "warned": [ids]}`. `printed` must stand in the brief; `never` in no sentence,
or only in one with `by`. Other cases are judged by rules for their kind, in the words of the case
itself: see the functions below. Drafts and kinds without a rule are not judged.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import html
import json
import re
import socket
import subprocess
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from service.errors import NewsbriefError
from service.jobs.fetch_articles import Gathered, fetch_articles
from service.models.base import Models
from service.models.loading import ModelConfig, load
from service.pipeline.run import run
from service.pipeline.types import Article, Brief
from service.schemas.conversion import Limits, Violations, check_limits, to_request
from service.schemas.ninjs import read_ninjs
from service.schemas.wire import BriefRequest
from service.sources.extract import extract
from service.sources.fetch import Fetcher, FetchLimits
from service.sources.guard import Policy
from service.store.computation_cache import MemoryComputationCache

PORT = 8124
LIMITS = Limits(articles=50, article_characters=200_000, total_characters=2_000_000)

SAID = (
    r"(?:said|says|told|wrote|writes|added|adds|warned|insisted|explained|claimed|argued|asked|noted"
    r"|posted|stated|recalled|replied|continued)"
)
NAME = r"[A-Z][\w\u2019'-]+(?: (?:[A-Z][\w\u2019'-]+|de|van|von|al|bin))*"
PAIRS = (
    ("\u201c", "\u201d"), ("\u2018", "\u2019"), ("\u00ab", "\u00bb"), ("\u00bb", "\u00ab"),
    ("\u201e", "\u201c"), ("\u201e", "\u201d"), ("\u201d", "\u201d"), ("\u2039", "\u203a"), ("\u201a", "\u2018"),
    ("\u300c", "\u300d"), ("``", "''"), ('"', '"'), ("'", "'"), ("`", "'"),
)  # fmt: skip
"""Opening and closing marks of quotations in several languages."""
BULLET = r"(?:[\u2022\u25aa\u25e6\u2023*\u2013-]|\d{1,2}[.)])\s+"
FURNITURE = re.compile(
    r"cookie|consent|privacy|subscri|newsletter|log in|sign (?:up|in)|members? (?:of|only)|full article"
    r"|this article|this story|advertis|app store|our app|all rights reserved|terms of (?:use|service)"
    r"|follow us|access|a (?:week|month)|partners|(?:your|personal|keep|store) data|\bdevice",
    re.IGNORECASE,
)
CREDIT = re.compile(r"\([A-Z][\w.'\u2019-]+(?: [A-Z][\w.'\u2019-]+)*/[^)]{2,40}\)")
"""The photographer and the agency behind a caption."""
STATEMENT = re.compile(
    rf"\b(?:{SAID}|statement|letter|post|release|reads?|read|according|words|message|e-?mail|thread|claim\w*)\b",
    re.IGNORECASE,
)
"""What a paragraph that ends in a colon says where somebody's words follow."""
STAMP = re.compile(
    r"^[^\w\n]*(?:(?i:updated|posted|published)[: ]+(?:at )?)?"
    r"(?:(?:(?i:yesterday|today)|(?:[A-Z][a-z]{2,8} )?\d{1,2} [A-Z][a-z]{2,8} \d{4}|[A-Z][a-z]{2,8} \d{1,2}, \d{4}),? )?"
    r"(?:\d{1,2}[:.h]\d\d(?::\d\d)?(?: ?(?i:[ap]\.?m\b\.?))?(?: ?[A-Z]{2,4}\b)?(?: \([^)]*\))?"
    r"|\d{1,3} ?(?i:d|days?|h|hrs?|hours?|m|mins?|minutes?) ago|Just now)"
    r"\s*(?:[\]):\u2014\u2013|/*-]+\s*)*(?=[A-Z\"\u201c\u2018])"
)
"""The time at the head of a live page's entry."""
NUMBERS = frozenset(
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred".split()
)


class Answer(msgspec.Struct, frozen=True):
    """What a case got: a brief, or why it was refused; `articles` are its texts as they were read."""

    given: list[dict[str, Any]]
    articles: tuple[Article, ...] = ()
    brief: Brief | None = None
    refusal: str = ""

    @property
    def sentences(self) -> list[str]:
        return [each.text for each in self.brief.sentences] if self.brief else []

    @property
    def lines(self) -> list[str]:
        """All that is printed, the headline too."""
        headline = self.brief.headline if self.brief else None
        return self.sentences + ([headline.text] if headline else [])

    def warned(self) -> set[str]:
        return {each.id for each in self.brief.articles if each.warnings} if self.brief else set()

    def texts(self) -> list[str]:
        """The articles as they were read, with the entities of plain texts resolved."""
        return [html.unescape(html.unescape(each.text)) for each in self.articles]


Judge = Callable[[Answer], list[str]]
"""An answer → what is wrong with it."""


def words(text: str) -> list[str]:
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    return re.findall(r"\w+", visible.lower())


def pieces(text: str) -> list[str]:
    """Sentences, roughly: where a point stands before a space, but behind a title or an initial."""
    whole = re.sub(r"\b((?:Mr|Mrs|Ms|Dr|St|Gen|Sen|Gov|[A-Z])\.) ", "\\1\u00a0", text)
    return [
        each
        for each in re.split(r"(?<=[.!?])[\"'\u2019\u201d\u00bb]*[ \n\t]+", whole)
        if each.strip()
    ]


def paragraphs(text: str) -> list[str]:
    """Paragraphs; where no line is empty, lines."""
    return [
        each.strip()
        for each in re.split(r"\n\s*\n" if "\n\n" in text else "\n", text)
        if each.strip()
    ]


def holds(line: str, piece: str, run_of: int = 5) -> bool:
    """Whether a line has `run_of` words of a piece in a row, or all where it has fewer."""
    own, other = words(line), words(piece)
    size = min(run_of, len(other))
    runs = {tuple(other[k : k + size]) for k in range(len(other) - size + 1)}
    return size > 0 and any(tuple(own[k : k + size]) in runs for k in range(len(own) - size + 1))


def is_printed(piece: str, lines: list[str]) -> bool:
    """Whether nearly all words of a sentence are in a line, in a row or with a name completed."""
    wanted = Counter(words(piece))
    return any((wanted & Counter(words(line))).total() >= 0.8 * wanted.total() for line in lines)


def unattributed(answer: Answer, speech: str, speakers: set[str]) -> list[str]:
    """Sentences of somebody's speech that are printed without one of the speaker's names."""
    named = {each for speaker in speakers for each in words(speaker)}
    return [
        f"nobody's words: {line}"
        for line in answer.lines
        if any(holds(line, piece) for piece in pieces(speech)) and not named & set(words(line))
    ]


def unbalanced(answer: Answer) -> list[str]:
    """Printed sentences in which a mark opens and does not close, or the other way round."""
    wrong: list[str] = []
    for line in answer.lines:
        closing = line.count("\u201d") + (line.count("\u201c") if "\u201e" in line else 0)
        opening = line.count("\u201e") or line.count("\u201c")
        swedish = "\u201c" not in line and "\u201e" not in line and closing % 2 == 0
        if (
            (opening != closing and not swedish)
            or line.count("\u00ab") != line.count("\u00bb")
            or line.count("\u2039") != line.count("\u203a")
            or line.count("\u300c") != line.count("\u300d")
            or line.count("``") != line.count("''")
            or line.count('"') % 2
            or (
                "\u201a" not in line
                and len(re.findall(r"(?<!\w)\u2018", line)) > line.count("\u2019")
            )
        ):
            wrong.append(f"marks unbalanced: {line}")
    return wrong


def quotations(paragraph: str) -> Iterator[tuple[int, int]]:
    """Spans between marks, of five words at least: a mark opens before a word; one that may be an
    apostrophe closes beside a point alone. A paragraph that begins with a dash is speech up to who said it."""
    for left, right in PAIRS:
        close = re.escape(right)
        if right in "'\u2019":
            close = rf"(?:(?<=[.,!?]){close}|{close}(?=[.,]))"
        for found in re.finditer(
            rf"(?<!\w){re.escape(left)}\s?(?=\w)(.+?){close}(?!\w)", paragraph, re.DOTALL
        ):
            if len(words(found[1])) >= 5:
                yield found.span()
    if found := re.match(rf"[\u2014\u2013-] .+?, (?={SAID}\b)", paragraph, re.DOTALL):
        yield found.span()


def said_by(text: str) -> set[str]:
    """The names that stand beside a verb of saying."""
    after = re.findall(rf"\b{SAID}\b (?:the \w+(?: \w+)? )?({NAME})", text)
    before = re.findall(rf"({NAME})(?:,[^,.]{{2,80}},|(?: \w+)?)? {SAID}\b", text)
    return set(after) | set(before)


def judge_quotations(answer: Answer) -> list[str]:
    """05: what stands between marks is printed with the speaker's name or not at all."""
    wrong = unbalanced(answer)
    for text in answer.texts():
        blocks = paragraphs(text)
        for k, block in enumerate(blocks):
            spans = list(quotations(block))
            outside = block
            for start, end in spans:
                outside = outside.replace(block[start:end], " ")
            near = said_by(outside) or said_by(" ".join(blocks[max(0, k - 1) : k + 2]))
            for start, end in spans:
                wrong += unattributed(answer, block[start:end], near)
    return wrong


def judge_unmarked(answer: Answer) -> list[str]:
    """06: what follows a paragraph that announces words and ends in a colon, up to one that speaks of the
    same people again, a claim under test, what a page sets as a quotation and what stands behind ">" are
    somebody's words."""
    wrong = unbalanced(answer)
    for given in answer.given:
        for found in re.finditer(
            r"<(blockquote|q)\b[^>]*>(.*?)</\1>(.*?)(?=<p\b|</p>|$)",
            given.get("html") or "",
            re.DOTALL,
        ):
            inner = re.findall(r"<p[^>]*>(.*?)</p>", found[2], re.DOTALL)
            rest = re.sub(r"<p[^>]*>.*?</p>", " ", found[2], flags=re.DOTALL) if inner else ""
            names = set(re.findall(NAME, bare(rest + found[3])))
            before = bare(found.string[: found.start()]).rstrip()
            if before.endswith(":"):
                names |= {each for each in words(before[-100:]) if len(each) > 4}
            for each in inner or [found[2]]:
                wrong += unattributed(answer, bare(each), names)
    for text in answer.texts():
        lead: set[str] = set()
        for block in paragraphs(re.sub(r":\n(?=\w)", ":\n\n", text)):
            back = re.match(r"(?:(?:The|Its|Their) (\w+)|His|Her|He|She|They|It)\b", block)
            claim = re.match(
                r"(?:(?:The |What was )?claim(?:ed)?|myth)\s*(?::\s*(.*)|$)", block, re.IGNORECASE
            )
            if claim:
                wrong += unattributed(answer, claim[1] or "", {"claim", "claimed", "myth"})
                lead = set() if claim[1] else {"claim", "claimed"}
            elif block.startswith(">"):
                wrong += unattributed(answer, block.replace(">", " "), lead)
            elif block.endswith(":") and STATEMENT.search(block):
                lead = {each for each in words(block[-100:]) if len(each) > 4}
            elif back and (back[1] is None or back[1].lower() in lead):
                lead = set()
            elif lead:
                wrong += unattributed(answer, block, lead)
                lead = set() if lead == {"claim", "claimed"} else lead
    return wrong


def bare(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", markup))


LABEL = re.compile(
    r"^[\W\d]*(?:(?P<name>[A-Z][\w.'\u2019-]*(?: (?:[A-Z][\w.'\u2019-]*|\d+)){0,3})(?:, [A-Z][\w ]{2,30})?"
    r"\s*(?:\([^)]*\)|\[[^\]]*\])?\W?:\W*|[QA]\. (?=.*\?|\w+ \w+ [a-z]))"
)
"""Who speaks: "Ann Roe:", "ANN ROE, HOST:", "[00:12] Roe (laughs):", "**Q:**"."""


def judge_transcript(answer: Answer) -> list[str]:
    """07: a label names the speaker of all that follows up to the next label. Two labels make a transcript
    where a question stands behind one or a name of two words is one; so does one such name, and a
    question in bold."""
    wrong: list[str] = []
    for text in answer.texts():
        blocks = paragraphs(text)
        found = [LABEL.match(each) for each in blocks]
        named = any(each and " " in (each["name"] or "").strip() for each in found)
        asked = any(each and "?" in "".join(blocks[k : k + 2]) for k, each in enumerate(found))
        bold = [re.fullmatch(r"\*\*.+\?\*\*", each) is not None for each in blocks]
        if not (named or any(bold) or (asked and sum(map(bool, found)) > 1)):
            continue
        people = {each for each in re.findall(NAME, text) if " " in each}
        speaker: set[str] = set()
        for block, label, question in zip(blocks, found, bold, strict=True):
            if question:
                speaker = people
                continue
            rest = block
            if label:
                name = label["name"] or ""
                unknown = (
                    len(name) < 3
                    or re.search(r"\d", name)
                    or name.lower() in ("question", "answer")
                )
                speaker = {"said", "told"} if unknown else {name}
                rest = block[label.end() :]
            if speaker and rest:
                wrong += unattributed(answer, rest, speaker)
    return wrong


def judge_furniture(answer: Answer) -> list[str]:
    """09: nothing of what several articles share, nor of what speaks of the page, is printed, unless it has
    words of the report in common with the rest; and no article is a reprint by it."""
    blocks = [paragraphs(text) for text in answer.texts()]
    count = Counter(each for own in blocks for each in set(own))
    wrong = [f"a credit: {line}" for line in answer.lines if CREDIT.search(line)]
    for k, own in enumerate(blocks):
        others = [each for j, other in enumerate(blocks) for each in other if j != k]
        news = {
            w
            for each in others
            if count[each] == 1 and not FURNITURE.search(each)
            for w in words(each)
        }
        alone = {
            w
            for each in own
            if count[each] == 1 and not FURNITURE.search(each)
            for w in words(each)
        }

        def share(block: str, known: set[str]) -> float:
            long = [w for w in words(block) if len(w) > 3]
            return sum(w in known for w in long) / max(1, len(long))

        subject = any(FURNITURE.search(each) and share(each, news) > 0.3 for each in own)
        for each in own:
            shared = count[each] > 1 and share(each, news | alone) < 0.3
            if shared or (FURNITURE.search(each) and not subject):
                wrong += [f"furniture: {line}" for line in answer.lines if holds(line, each)]
    texts = {a.id: {w for b in own if count[b] == 1 for w in words(b)} for a, own in zip(answer.articles, blocks, strict=True)}  # fmt: skip
    for report in answer.brief.articles if answer.brief else ():
        if report.duplicate_of is not None:
            one, other = texts[report.id], texts[report.duplicate_of]
            if len(one & other) < 0.5 * min(len(one), len(other)):
                wrong.append(f"{report.id} is called a reprint of {report.duplicate_of}")
    return list(dict.fromkeys(wrong))


def dateline(lead: str) -> int:
    """Where the text of a lead begins behind its dateline; 0 without one. Before a colon it needs capitals."""
    ends: list[int] = []
    for found in re.finditer(
        r"(?: [\u2014\u2013|_\u00b7-] ?|\u2014| ?-- ?| ?: |[.)/] )(?=[A-Z\"\u201c])", lead[:100]
    ):
        head = lead[: found.end()]
        part = r"(?:[A-Z][\w.\u2019'-]*|\d[\w.]*|\([^)]*\)|\[[^\]]*\]|/[^/]*/|de|of|and|by|mars|del|la|le)"
        if found[0] not in (": ", ". ") or re.search(r"[A-Z]{3}|\d", head):
            if re.fullmatch(rf"(?:\W*{part}\W*)+", head):
                ends.append(found.end())
    bare = re.match(r"[A-Z]{3,}(?: [A-Z]{2,})* (?=[A-Z][a-z])", lead)
    return max(ends, default=bare.end() if bare else 0)


def judge_dateline(answer: Answer) -> list[str]:
    """12: no printed sentence begins with the dateline, and the sentence behind it is printed."""
    wrong: list[str] = []
    for text in answer.texts():
        lead = next((each for each in paragraphs(text) if re.search(r"[.!?]\W*$", each)), "")
        start = dateline(lead)
        first = next(iter(pieces(lead[start:])), "")
        head, opening = words(lead[:start]), words(first)[:3]
        for line in answer.lines:
            own = words(line)
            at = next((k for k in range(1, len(own)) if own[k : k + 3] == opening), 0)
            if (at and own[at - 1] in head) or re.match(r"[^\w\s(\"'\u201c\u2018`]", line):
                wrong.append(f"dateline: {line}")
        if not is_printed(first, answer.sentences):
            wrong.append(f"lead lost: {first}")
    return wrong


def judge_silence(answer: Answer) -> list[str]:
    """13: each article's first sentence is printed, told as withheld, or told otherwise in the main; a
    brief without a sentence says why."""
    if answer.brief is None:
        return []
    told = answer.sentences + [each.text for each in answer.brief.withheld if each.reason]
    wrong = [] if told else ["nothing is printed and nothing withheld"]
    if not answer.sentences and not answer.brief.warnings:
        wrong.append("an empty brief without a warning")
    for article, text in zip(answer.articles, answer.texts(), strict=True):
        first = next(iter(pieces(text)), "")
        own = set(words(first))
        like = any(len(own & set(words(each))) >= 0.5 * len(own) for each in told)
        if not like and article.id not in answer.warned():
            wrong.append(f"lost without a word: {first}")
    return wrong


def judge_end_marks(answer: Answer) -> list[str]:
    """14: paragraphs are read whatever stands behind their last point, which is not printed."""
    wrong = [
        f"printed with its mark: {line!r}"
        for line in answer.sentences
        if not re.search(r"[.!?][\"'\u2019\u201d\u00bb)]*$", line)
        or re.search(r"[.!?]\W*\([A-Z]{2,}\)$", line)
        or any(unicodedata.category(c) == "Cf" for c in line)
    ]
    for article, text in zip(answer.articles, answer.texts(), strict=True):
        own = [next(iter(pieces(each))) for each in paragraphs(text) if len(words(each)) > 4]
        if sum(is_printed(each, answer.sentences) for each in own) <= len(own) / 2:
            wrong.append(f"{article.id} is hardly read")
    return wrong


def served(answer: Answer) -> Iterator[bytes]:
    """The bytes of the pages and feeds that a case names."""
    for each in answer.given:
        if url := each.get("url") or each.get("feed"):
            body = httpx.get(url, trust_env=False).content
            yield gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def decoded(body: bytes) -> str:
    """As a browser does without a declaration that it believes: UTF-16 by its mark, UTF-8, else
    windows-1252."""
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return body.decode("utf-16")
    if body[:40].count(b"\0") > 10:
        return body.decode("utf-16-be")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def judge_encoding(answer: Answer) -> list[str]:
    """15: the typographic characters of the page are in what was read of it, nothing else in their place."""
    if answer.brief is None:
        return [f"refused: {answer.refusal}"]
    read = "".join(each.text for each in answer.articles)
    broken = sorted({hex(ord(c)) for c in read if "\x80" <= c <= "\x9f" or c == "\ufffd"})
    page = "".join(map(decoded, served(answer)))
    lost = sorted(
        {c for c in page if c in "\u201c\u201d\u2018\u2019\u2014\u2013\u2026\u20ac"} - set(read)
    )
    wrong = [f"broken characters: {broken}"] if broken else []
    return wrong + ([f"lost: {lost}"] if lost else []) + judge_quotations(answer)


def unwrapped(text: str) -> list[str]:
    """Paragraphs as one line each, items of lists as lines of their own."""
    found: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        for line in block.split("\n"):
            if found and found[-1] and not re.match(rf"\s*{BULLET}", line):
                found[-1] = re.sub(r"(?<=[a-z])-$", "", found[-1]) if re.search(r"[a-z]-$", found[-1]) else found[-1] + " "  # fmt: skip
                found[-1] += line.strip()
            else:
                found.append(line.strip())
        found.append("")
    return [re.sub(rf"^{BULLET}", "", each) for each in found if each]


def judge_wrapping(answer: Answer) -> list[str]:
    """16: a printed sentence begins and ends where one does in the text without its line breaks."""
    wrong: list[str] = []
    whole = [each for text in answer.texts() for each in unwrapped(text)]
    sentences = [tuple(words(piece)) for each in whole for piece in pieces(each)]
    for line in answer.lines:
        own = tuple(words(line))
        if re.match(rf"\s*{BULLET}", line) or "\u2022" in line or "\n" in line.strip():
            wrong.append(f"a mark or a break of a line: {line!r}")
        elif not any(
            own == each or (set(own) >= set(each) and len(own) < len(each) + 8)
            for each in sentences
        ) and (line in answer.sentences):
            wrong.append(f"a piece of a sentence: {line!r}")
    for article, text in zip(answer.articles, answer.texts(), strict=True):
        if not any(
            is_printed(p, answer.sentences) for each in unwrapped(text) for p in pieces(each)
        ):
            wrong.append(f"nothing of {article.id} is printed")
    return wrong


VERB = r"(?:\w+ed|was|were|is|are|has|have|had|will|would|fell|rose|said|says|told|made|met|began|left|flew|went|came)"
BORDER = re.compile(
    r"[a-z]{3,}[.!?][\"\u201d']? [A-Z]"
    r"|(?:\b[A-Za-z]\.){2,} (?:The|A|An|He|She|It|They|We|But|And|In|On|At|Its|His|Her|Their|This|That|No)\b"
    rf"|{VERB}\b.*(?:\b[A-Za-z]\.){{2,}} [A-Z]\w+ {VERB}\b"
)
"""Where a second sentence begins: behind a word, or behind an abbreviation before a word that opens one."""


def judge_abbreviations(answer: Answer) -> list[str]:
    """17: each printed sentence is one, and an abbreviation keeps its last point."""
    wrong = [f"two sentences: {line}" for line in answer.sentences if BORDER.search(line)]
    wrong += [f"point lost: {line}" for line in answer.lines if re.search(r"\b\w\.\w$", line)]
    if not answer.sentences and not (answer.brief and answer.brief.withheld):
        wrong.append("nothing is printed and nothing withheld")
    return wrong


def judge_lists(answer: Answer) -> list[str]:
    """20: the figures of a list are printed, or its article has a warning."""
    wrong: list[str] = []
    for given, article in zip(answer.given, answer.articles, strict=True):
        items = re.findall(r"<li[^>]*>(.*?)</li>", given.get("html") or "", re.DOTALL)
        items += re.findall(rf"^\s*{BULLET}(.+)$", given.get("text") or "", re.MULTILINE)
        lost = [n for each in items for n in re.findall(r"\d[\d,.]*\b", each) if not any(n in line for line in answer.sentences)]  # fmt: skip
        if lost and article.id not in answer.warned():
            wrong.append(f"{article.id}: figures lost without a warning: {lost}")
    return wrong


def moment(stamp: str) -> float | None:
    """Minutes, later is more; those of "2h ago" lie below zero."""
    if ago := re.search(r"(\d+)\s*(h|m)\w*\s+ago", stamp, re.IGNORECASE):
        return -int(ago[1]) * (60 if ago[2].lower() == "h" else 1)
    if clock := re.search(r"(\d{1,2})[:.](\d\d)\s*([ap])?", stamp, re.IGNORECASE):
        noon = 12 if (clock[3] or "").lower() == "p" and int(clock[1]) < 12 else 0
        return (int(clock[1]) + noon) * 60 + int(clock[2])
    return None


def judge_live(answer: Answer) -> list[str]:
    """21: no time stands at the head of a sentence; of two entries that differ in a figure alone the later is told."""
    wrong = [f"time printed: {line}" for line in answer.lines if STAMP.match(line)]
    wrong += [
        f"time printed: {line}"
        for line in answer.lines
        if re.match(r"(?:Posted|Updated|Published)(?: at|:| \d)", line)
    ]
    for text in answer.texts():
        entries: list[tuple[float, str]] = []
        for block in paragraphs(text):
            if (found := STAMP.match(block)) and (when := moment(found[0])) is not None:
                entries.append((when, block[found.end() :]))
        entries.sort()
        for k, (_, old) in enumerate(entries):
            for _, new in entries[k + 1 :]:
                one, other = set(words(old)), set(words(new))
                figures = [{w for w in own if w in NUMBERS or w.isdigit()} for own in (one - other, other - one)]  # fmt: skip
                if len(one & other) < 0.7 * len(one) or not all(figures):
                    continue
                if any(holds(line, old, len(words(pieces(old)[0]))) for line in answer.sentences):
                    wrong.append(f"the older figure is told: {old}")
                if not any(figures[1] <= set(words(line)) for line in answer.sentences):
                    wrong.append(f"the newest figure is not told: {new}")
    return list(dict.fromkeys(wrong))


def judge_ninjs(answer: Answer) -> list[str]:
    """22: the main body is read, captions are not; an item of another version may be refused."""
    wrong: list[str] = []
    for item in (given["ninjs"] for given in answer.given if "ninjs" in given):
        bodies = item.get("bodies") or []
        main = [b for b in bodies if b.get("role", "main") == "main" and b.get("value")]
        usable = item.get("pubStatus", item.get("pubstatus", "usable")) == "usable"
        body = main[0]["value"] if main else item.get("body_html") or item.get("body_text") or ""
        if answer.brief is None:
            if main and usable:
                wrong.append(f"refused: {answer.refusal}")
            continue
        if not usable:
            wrong.append("an item that must not be used is read")
        text = html.unescape(re.sub(r"<[^>]+>", "\n", body))
        own = [p for line in text.split("\n") for p in pieces(line) if len(words(p)) > 4]
        if own and not any(is_printed(each, answer.sentences) for each in own):
            wrong.append("nothing of the main body is printed")
        for other in (b for b in bodies if main and b not in main):
            wrong += [f"not of the main body: {line}" for line in answer.lines if holds(line, other["value"]) and not any(holds(line, each) for each in own)]  # fmt: skip
    return wrong


def judge_feeds(answer: Answer) -> list[str]:
    """23: a feed is read however it is labelled; neither markup nor a stub that leads elsewhere is printed."""
    if answer.brief is None:
        feed = any(
            re.search(rb"<(?:\w+:)?(?:rss|feed|RDF)\b", each[:2000]) for each in served(answer)
        )
        return [f"a feed refused: {answer.refusal}"] if feed else []
    wrong = [f"markup: {line}" for line in answer.lines if re.search(r"</?[a-z]+[^>]*>|&(?:lt|gt|amp|#\d+|\w+quot?);", line)]  # fmt: skip
    for body in served(answer):
        if re.search(rb"http-equiv=.?refresh", body[:3000], re.IGNORECASE):
            stub = " ".join(re.sub(r"<[^>]+>", "\n", decoded(body)).split("\n"))
            wrong += [f"a stub: {line}" for line in answer.lines if holds(line, stub, 8)]
    return wrong + ([] if answer.sentences else ["nothing is printed"])


JUDGES: dict[str, Judge] = {
    "05": judge_quotations, "06": judge_unmarked, "07": judge_transcript, "09": judge_furniture,
    "12": judge_dateline, "13": judge_silence, "14": judge_end_marks, "15": judge_encoding,
    "16": judge_wrapping, "17": judge_abbreviations, "20": judge_lists, "21": judge_live,
    "22": judge_ninjs, "23": judge_feeds,
}  # fmt: skip
MAY_REFUSE = ("13", "22", "23")
"""Kinds whose judges know when a refusal is right."""


def expected(answer: Answer, expect: dict[str, Any]) -> list[str]:
    """What of a case's own expectation is not met."""
    by = set(words(expect.get("by", "")))
    wrong = [f"not printed: {each}" for each in expect.get("printed", ()) if not any(each in line for line in answer.sentences)]  # fmt: skip
    wrong += [
        f"printed: {each}"
        for each in expect.get("never", ())
        if any(each in line and not by & set(words(line)) for line in answer.lines)
    ]
    used = {each.id for each in answer.brief.articles if each.used} if answer.brief else set()
    wrong += [f"not used: {each}" for each in expect.get("used", ()) if each not in used]
    wrong += [f"no warning: {each}" for each in expect.get("warned", ()) if each not in answer.warned()]  # fmt: skip
    return wrong


def answered(case: dict[str, Any], models: Models) -> Answer:
    """A case → what the service answers, by the steps of the API and the worker."""
    given = case["articles"]
    options = case.get("options", {}) | {"mode": "extractive"}
    try:
        wire = msgspec.convert({"articles": given, "options": options}, BriefRequest)
        wire = read_ninjs(wire)
        check_limits(wire, LIMITS)
        gathered = Gathered(wire.articles)
        if any(each.fetched for each in wire.articles):
            fetcher = Fetcher(
                Policy.parse(f"127.0.0.1:{PORT}"), FetchLimits(), user_agent="Newsbrief", robots=False
            )  # fmt: skip
            gathered = asyncio.run(fetch_articles(wire.articles, fetcher, extract, LIMITS))
            wire = msgspec.structs.replace(wire, articles=gathered.articles)
        request = to_request(wire, extract, unread=gathered.unread)
        brief = run(request, models, MemoryComputationCache(), lambda event: None)
    except (NewsbriefError, Violations, msgspec.ValidationError) as error:
        return Answer(given, refusal=f"{type(error).__name__}: {error}")
    return Answer(given, request.articles, brief)


def judged(kind: str, case: dict[str, Any], models: Models) -> list[str] | None:
    """What is wrong with the answer to a case; None where it can't be judged."""
    if "text" in case or ("expect" not in case and kind not in JUDGES):
        return None
    answer = answered(case, models)
    if "expect" in case:
        return expected(answer, case["expect"])
    if answer.brief is None and kind not in MAY_REFUSE:
        return [f"refused: {answer.refusal}"]
    return JUDGES[kind](answer)


@contextmanager
def pages(script: Path) -> Generator[None]:
    """The pages of the cases, served until the end; by whoever serves there already, if anyone."""

    def up() -> bool:
        with socket.socket() as asked:
            return asked.connect_ex(("127.0.0.1", PORT)) == 0

    if up():
        yield
        return
    process = subprocess.Popen([sys.executable, str(script)])
    try:
        while not up() and process.poll() is None:
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("cases", type=Path, nargs="+", help="folders or files")
    parser.add_argument("--kinds", nargs="+", default=sorted(JUDGES), help="two digits each")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    files = [f for each in given.cases for f in (sorted(each.glob("*.json")) if each.is_dir() else [each])]  # fmt: skip
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    models = load(ModelConfig(writer=None))
    with ExitStack() as stack:
        served_from: set[Path] = set()
        for path in files:
            kind = path.name[:2]
            if kind not in given.kinds:
                continue
            case = json.loads(path.read_text("utf-8"))
            script = path.parent / "serve_pages.py"
            remote = any("url" in each or "feed" in each for each in case["articles"])
            if remote and script.exists() and script not in served_from:
                served_from.add(script)
                stack.enter_context(pages(script))
            wrong = judged(kind, case, models)
            result = "not judged" if wrong is None else "wrong" if wrong else "right"
            counts[kind][result] += 1
            if wrong:
                print(f"wrong {path.stem}")
                print("".join(f"  {each}\n" for each in dict.fromkeys(wrong)), end="", flush=True)
    print("kind  right  wrong  not judged")
    for kind, own in sorted(counts.items()):
        print(f"{kind:4}{own['right']:7}{own['wrong']:7}{own['not judged']:12}")
    total = sum(counts.values(), Counter[str]())
    print(f"{'all':4}{total['right']:7}{total['wrong']:7}{total['not judged']:12}")
    if given.json:
        given.json.write_text(json.dumps(counts, indent=1) + "\n")


if __name__ == "__main__":
    main()
