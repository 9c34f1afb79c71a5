"""A worker's own part, without Ray: from a line to its result."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.batch.archive import unfinished
from service.batch.brief_worker import BriefWorker, Made
from service.errors import ModelMissing, NothingToBrief, WriterUnavailable
from service.models.base import Models
from service.models.http_writer import HttpWriter
from service.models.loading import ModelConfig
from service.pipeline.types import WRITER_UNAVAILABLE, Brief, Emit, Memo, Request
from service.settings import Settings
from tests.fake_worker import Named, brief_of

TEXT = "Rain \U0001f600 fell."


class Away(HttpWriter):
    """A writer that comes back when it is waited for, unless it is `gone`."""

    def __init__(self, *, gone: bool = False) -> None:
        self.fingerprint = "writer@1"
        self._gone = gone
        self.waited = 0

    def probe(self, *_: Any) -> None:
        self.waited += 1
        if self._gone:
            raise WriterUnavailable("The writer gave no answer.")


def made(
    folder: Path, request: Any, run: Any = None, writer: Any = None, mode: Any = None, **limits: int
) -> tuple[Made, dict]:
    archive = folder / "archive.jsonl"
    archive.write_text(json.dumps(request) + "\n")

    @contextmanager
    def opened(config: ModelConfig) -> Generator[Models]:
        fakes: Any = (Named("encoder@1"), Named("parser@1"), Named("reader@1"), writer)
        yield Models(*fakes)

    def plain(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
        return brief_of(request)

    worker = BriefWorker(archive, Settings(**limits), ModelConfig(), mode, opened, run or plain)
    done = worker(unfinished(archive, {})[0])
    return done, json.loads(done.content)


def test_a_result_is_the_apis_own_answer_with_the_line_and_the_callers_id(tmp_path: Path):
    request = {"id": "x", "articles": [{"id": "a", "text": TEXT}], "options": {"offset_unit": "utf16"}}  # fmt: skip

    done, result = made(tmp_path, request)

    assert (done.briefed, result["line"], result["id"]) == (True, 1, "x")
    brief = result["brief"]
    assert (brief["offset_unit"], brief["cache"]) == ("utf16", {"status": "miss", "age_s": 0})
    assert brief["sentences"][0]["citations"][0]["end"] == len(TEXT) + 1


def test_the_mode_asked_for_goes_before_the_requests_and_extractive_needs_no_writer(tmp_path: Path):
    asked: list[tuple[str, bool]] = []

    def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
        asked.append((request.options.mode, models.writer is None))
        return brief_of(request)

    request = {"articles": [{"text": TEXT}], "options": {"mode": "abstractive"}}
    made(tmp_path, request, run, Named("writer@1"), mode="extractive")
    made(tmp_path, request, run, Named("writer@1"))

    assert asked == [("extractive", True), ("abstractive", False)]


@pytest.mark.parametrize(
    ("request_", "limits", "problem", "path"),
    [
        ({"articles": []}, {}, "invalid-request", "articles"),
        ({"articles": [{"text": "x" * 11}]}, {"max_article_characters": 10}, "invalid-request", "articles[0].text"),
        ({"articles": [{"text": "x" * 90}]}, {"max_body_bytes": 80}, "too-large", None),
    ],
)  # fmt: skip
def test_the_limits_of_a_request_hold(
    tmp_path: Path, request_: Any, limits: dict[str, int], problem: str, path: str | None
):
    done, result = made(tmp_path, request_, **limits)

    told = result["problem"]
    assert (done.briefed, told["type"]) == (False, f"/problems/{problem}")
    assert [each["path"] for each in told.get("errors", ())] == ([path] if path else [])
    assert "brief" not in result


def test_what_the_pipeline_refuses_is_a_problem(tmp_path: Path):
    def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
        raise NothingToBrief("Nothing can be used.", path="articles")

    _, result = made(tmp_path, {"id": "x", "articles": [{"text": TEXT}]}, run)

    assert (result["id"], result["problem"]["type"]) == ("x", "/problems/nothing-to-brief")


@pytest.mark.parametrize("gone", [False, True])
def test_a_writer_that_was_away_is_waited_for(tmp_path: Path, gone: bool):
    writer = Away(gone=gone)

    def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
        warnings = () if writer.waited else (WRITER_UNAVAILABLE,)
        return msgspec.structs.replace(brief_of(request), warnings=warnings)

    _, result = made(tmp_path, {"articles": [{"text": TEXT}]}, run, writer)

    if gone:
        assert result["problem"]["type"] == "/problems/writer-unavailable"
    else:
        assert result["brief"]["warnings"] == []


def test_models_that_cant_be_used_are_told_and_no_line_is_worked_on(tmp_path: Path):
    archive = tmp_path / "archive.jsonl"
    archive.write_text('{"articles": []}\n')

    @contextmanager
    def opened(config: ModelConfig) -> Generator[Models]:
        raise ModelMissing("Run `newsbrief models pull`.")
        yield

    worker = BriefWorker(archive, Settings(), ModelConfig(), None, opened, brief_of)

    assert worker(unfinished(archive, {})[0]).broken == "Run `newsbrief models pull`."
