"""Lines of an archive, and what is wrong with some."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.batch.archive import (
    MalformedLine,
    decoded,
    digest,
    id_of,
    problem_of,
    read,
    unfinished,
)
from service.errors import InvalidRequest
from service.schemas.conversion import Violations

REQUEST = b'{"id": "a", "articles": [{"text": "It rained."}], "options": {"mode": "extractive"}}'


def test_lines_are_numbered_with_the_blank_ones_and_found_again(tmp_path: Path):
    archive = tmp_path / "archive.jsonl"
    archive.write_bytes(b"first\n\n  \r\ncaf\xc3\xa9\r\nlast")

    lines = unfinished(archive, {})

    assert [each.number for each in lines] == [1, 4, 5]
    assert [read(archive, each).strip() for each in lines] == [b"first", b"caf\xc3\xa9", b"last"]


def test_what_is_finished_is_passed_over_and_lines_may_be_added(tmp_path: Path):
    archive = tmp_path / "archive.jsonl"
    archive.write_bytes(b"first\nsecond\nadded\n")

    left = unfinished(archive, {1: digest(b"first\n"), 2: digest(b"second")})

    assert [each.number for each in left] == [3]


@pytest.mark.parametrize("content", [b"other\nsecond\n", b"first\n", b""])
def test_another_archive_is_refused(tmp_path: Path, content: bytes):
    archive = tmp_path / "archive.jsonl"
    archive.write_bytes(content)

    with pytest.raises(InvalidRequest, match="not the one that has a result"):
        unfinished(archive, {1: digest(b"first"), 2: digest(b"second")})


def test_a_line_is_a_request_with_an_id():
    line = decoded(REQUEST)

    assert (line.id, line.articles[0].text, line.options.mode) == ("a", "It rained.", "extractive")


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (b'{"articles": [{"colour": 1}]}', "articles[0]"),
        (b'{"options": {}}', ""),
        (b'{"articles": [], "options": {"length": {"words": 3}}}', "options.length.words"),
        (b'{"articles": [], "id": ""}', "id"),
        (b"[]", ""),
    ],
)
def test_what_is_no_request_is_told_with_its_place(content: bytes, path: str):
    with pytest.raises(Violations) as refused:
        decoded(content)

    problem = problem_of(refused.value)
    assert (problem.type, problem.errors[0].path) == ("/problems/invalid-request", path)


@pytest.mark.parametrize("content", [b"{", b'{"articles": "\xff"}', b"[" * 100_000, b"null null"])
def test_what_is_not_json_is_malformed(content: bytes):
    with pytest.raises(MalformedLine) as refused:
        decoded(content)

    assert problem_of(refused.value).type == "/problems/malformed-json"
    assert id_of(content) is None


def test_the_id_of_a_refused_request_is_told():
    assert id_of(json.dumps({"id": "x", "articles": 3}).encode()) == "x"
