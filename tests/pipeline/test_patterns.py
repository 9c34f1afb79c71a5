"""Every pattern in the code, found there, takes a time that grows no faster than what it reads.

`test_time_against_length` measures steps; this finds the patterns themselves, so that a new one is measured without
being listed. What a pattern is tried on is made of the pattern: each of its repetitions many times over, behind what
must stand before it, with an end that doesn't fit.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from re import _constants as op  # pyright: ignore[reportAttributeAccessIssue]  # no public reader
from re import _parser  # pyright: ignore[reportAttributeAccessIssue]
from typing import Any, NamedTuple

import pytest

import service
from tests.pipeline.test_time_against_length import (
    FLOOR_S,
    HOSTILE,
    TIMES,
    assert_grows_no_faster,
    hostile,
    seconds,
)

ROOT = Path(service.__file__).parent
METHODS = {"search", "match", "fullmatch", "findall", "finditer", "split", "sub", "subn"}
WALKS = METHODS - {"match", "fullmatch"}
LONG = 16_000
"""Characters of the longer text; one whose work grows with the square takes a tenth of a second on it, and more."""

MADE_AT_RUN_TIME = {
    "pipeline/decontextualization/source_reader.py": 2,
    "pipeline/ingest/speech.py": 1,
    "pipeline/linguistics/person_mentions.py": 2,
    "pipeline/writing/referring_expressions.py": 1,
}
"""How many patterns of a module are made when it runs: of an escaped name, with parts that are fixed. Those
functions are measured in `test_time_against_length`."""

BOUNDED: dict[str, tuple[int, str]] = {
    "pipeline/decontextualization/compression.py:BORDER": (1000, "what is parsed"),
    "pipeline/decontextualization/standalone.py:CAPTION": (1000, "what is parsed"),
    "pipeline/linguistics/normalisation.py:PERSON_ENDING": (1000, "a word of what is parsed"),
    "pipeline/verification/surface_facts.py:ELISION": (1000, "what is parsed"),
    "pipeline/ingest/abbreviations.py:LAST": (12, "`LONGEST`"),
    "pipeline/ingest/datelines.py:END_MARK": (80, "`LONGEST_MARK`"),
    "pipeline/ingest/datelines.py:NAMED": (300, "what `FILED` matches"),
    "sources/charset.py:ATTRIBUTE": (1000, "what `META` matches"),
}
"""Patterns that grow faster, with the most characters that they are ever given, and what bounds them."""


class Found(NamedTuple):
    """A pattern, where it stands, and the methods by which it is used."""

    place: str
    pattern: re.Pattern[Any]
    methods: frozenset[str]


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        if any(isinstance(each, ast.Import) and each.names[0].name == "re" for each in tree.body):
            yield path.relative_to(ROOT).as_posix(), tree


def uses() -> dict[tuple[str, str], set[str]]:
    """(module, name of a pattern in it) \u2192 the methods that it, and whoever imports the name, calls on it."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in ROOT.rglob("*.py"):
        here = path.relative_to(ROOT).as_posix()
        owner: dict[str, str] = {}
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("service."):
                origin = (node.module or "").removeprefix("service.").replace(".", "/") + ".py"
                owner.update({each.asname or each.name: origin for each in node.names})
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.attr in METHODS:
                    found[owner.get(node.value.id, here), node.value.id].add(node.attr)
    return found


def patterns() -> tuple[list[Found], dict[str, int]]:
    """All patterns of the package; and how many of which module can't be known before it runs."""
    found, unknown, used = [], defaultdict(int), uses()
    for path, tree in modules():
        module = importlib.import_module("service." + path[:-3].replace("/", "."))
        named = {
            id(node.value): node.targets[0].id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for call in ast.walk(tree):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if not (isinstance(call.func.value, ast.Name) and call.func.value.id == "re"):
                continue
            if call.func.attr not in METHODS | {"compile"}:
                continue
            flags = [each for each in call.keywords if each.arg == "flags"]
            made = ast.Call(ast.parse("re.compile", mode="eval").body, call.args[:1], flags)
            if call.func.attr == "compile":
                made.args = call.args
            try:
                code = compile(ast.fix_missing_locations(ast.Expression(made)), path, "eval")
                pattern = eval(code, vars(module))  # noqa: S307  # the project's own expression
            except NameError:
                unknown[path] += 1
                continue
            name = named.get(id(call))
            methods = used.get((path, name), set()) if name else {call.func.attr}
            place = f"{path}:{name or call.lineno}"
            found.append(Found(place, pattern, frozenset(methods - {"compile"} or WALKS)))
    return found, dict(unknown)


ALL, UNKNOWN = patterns()


def sample(parsed: Any) -> str:
    """A text that the parsed pattern would match, but for what it only looks at."""
    return "".join(map(_sampled, parsed))


def _sampled(node: Any) -> str:
    kind, value = node
    match kind:
        case op.LITERAL:
            return chr(value)
        case op.NOT_LITERAL:
            return "a" if value != ord("a") else "b"
        case op.ANY:
            return "a"
        case op.IN:
            return _one_of(value)
        case op.BRANCH:
            return sample(value[1][0])
        case op.SUBPATTERN:
            return sample(value[-1])
        case op.ATOMIC_GROUP:
            return sample(value)
        case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
            return sample(value[2]) * max(value[0], 1 if value[1] else 0)
        case op.AT | op.ASSERT | op.ASSERT_NOT | op.GROUPREF:
            return ""
    raise AssertionError(f"{kind} is not known here")


CLASSES = {
    op.CATEGORY_DIGIT: "7", op.CATEGORY_NOT_DIGIT: "a", op.CATEGORY_SPACE: " ",
    op.CATEGORY_NOT_SPACE: "a", op.CATEGORY_WORD: "a", op.CATEGORY_NOT_WORD: ",",
}  # fmt: skip


def _one_of(members: Any) -> str:
    """A character of a class."""
    if members[0][0] is op.NEGATE:
        barred = re.compile(_class(members[1:]))
        likely = "a 7A,.\n" + "".join(map(chr, range(0x3000)))
        return next(each for each in likely if not barred.match(each))
    kind, value = members[0]
    if kind is op.CATEGORY:
        return CLASSES[value]
    return chr(value if kind is op.LITERAL else value[0])


def _class(members: Any) -> str:
    shorthand = {
        op.CATEGORY_DIGIT: r"\d", op.CATEGORY_NOT_DIGIT: r"\D", op.CATEGORY_SPACE: r"\s",
        op.CATEGORY_NOT_SPACE: r"\S", op.CATEGORY_WORD: r"\w", op.CATEGORY_NOT_WORD: r"\W",
    }  # fmt: skip
    parts = []
    for kind, value in members:
        if kind is op.CATEGORY:
            parts.append(shorthand[value])
        elif kind is op.LITERAL:
            parts.append(re.escape(chr(value)))
        else:
            parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
    return f"[{''.join(parts)}]"


def repetitions(parsed: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """(what stands before it, what it repeats) of each repetition of a pattern, at any depth."""
    for node in parsed:
        kind, value = node
        match kind:
            case op.MAX_REPEAT | op.MIN_REPEAT | op.POSSESSIVE_REPEAT:
                if value[1] > 1:
                    yield before, sample(value[2])
                yield from repetitions(value[2], before)
            case op.BRANCH:
                for each in value[1]:
                    yield from repetitions(each, before)
            case op.SUBPATTERN:
                yield from repetitions(value[-1], before)
            case op.ATOMIC_GROUP:
                yield from repetitions(value, before)
            case op.ASSERT | op.ASSERT_NOT:
                yield from repetitions(value[1], before)
            case _:
                pass
        before += _sampled(node)


def pieces(pattern: re.Pattern[Any]) -> set[tuple[str, str]]:
    """(opening, what is said many times behind it): a text that may keep the pattern busy."""
    shown = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    parsed = _parser.parse(shown, pattern.flags)
    found = {("", sample(parsed))}
    for before, body in repetitions(parsed):
        found |= {(before, body), ("", before + body), ("", before), (before, f"{body} ")}
    return {(before, body) for before, body in found if body}


def texts(pattern: re.Pattern[Any], length: int) -> Iterator[tuple[Any, Any]]:
    """A text and one that is `TIMES` as long."""
    made = [
        tuple(before + body * (size // len(body)) + "\x01" for size in (length // TIMES, length))
        for before, body in sorted(pieces(pattern))
    ]
    made += [tuple(hostile(each, size) for size in (length // TIMES, length)) for each in HOSTILE]
    for short, long in made:
        if isinstance(pattern.pattern, bytes):
            yield short.encode("latin-1", "replace"), long.encode("latin-1", "replace")
        else:
            yield short, long


def work(pattern: re.Pattern[Any], methods: frozenset[str], text: Any) -> Callable[[], object]:
    def all_of_it() -> None:
        if methods & WALKS:
            for _ in pattern.finditer(text):
                pass
        if "match" in methods:
            pattern.match(text)
        if "fullmatch" in methods:
            pattern.fullmatch(text)

    return all_of_it


def check(found: Found, length: int) -> None:
    for short, long in texts(found.pattern, length):
        longer = work(found.pattern, found.methods, long)
        if seconds(longer, 1) > FLOOR_S:
            assert_grows_no_faster(work(found.pattern, found.methods, short), longer)


@pytest.mark.parametrize("found", ALL, ids=lambda each: each.place)
def test_a_patterns_time_grows_no_faster_than_the_text(found: Found):
    check(found, BOUNDED.get(found.place, (LONG, ""))[0])


def test_every_pattern_is_found():
    assert len(ALL) > 150
    assert UNKNOWN == MADE_AT_RUN_TIME
    assert BOUNDED.keys() <= {each.place for each in ALL}


@pytest.mark.parametrize(
    ("pattern", "length"),
    [
        (r"(?:a+)+b", 21),
        (r"\s+$", LONG // 2),
        (r"a.*b", 2 * LONG),
    ],
)
def test_a_pattern_that_grows_faster_is_seen(pattern: str, length: int):
    with pytest.raises(pytest.fail.Exception):
        check(Found("", re.compile(pattern), frozenset({"search"})), length)
