"""POST /v1/checks and `newsbrief check`, with the real models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.embedded import embedded_server
from tests.api.conftest import Service
from tests.conftest import SEEDS, Processes
from tests.test_cli import within

TRUE = "Jared Kushner, Donald Trump's son-in-law, is expected to take part."
FALSE = "President Petro Poroshenko of Ukraine will meet 14 Russian admirals in Minsk."


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, fetched: None) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("real")
    with embedded_server(folder / "valkey") as url:
        processes = Processes(folder)
        made = Service(url, processes, writer="")
        processes.start("-m", "service", "worker", redis_url=url, writer="")
        yield made.ready()
        made.client.close()
        made.redis.close()
        processes.stop_all()


def articles() -> list[dict[str, str]]:
    return json.loads((SEEDS / "request.json").read_text())["articles"]


def test_each_sentence_of_a_draft_gets_its_verdict(real: Service):
    draft = f"\U0001f600 Notes\n{TRUE} {FALSE}"

    body = {"text": draft, "articles": articles(), "options": {"offset_unit": "utf16"}}
    made = real.client.post("/v1/checks", json=body).json()
    again = real.client.post("/v1/checks", json=body).json()

    found = {sentence["text"]: sentence for sentence in made["sentences"]}
    units = draft.encode("utf-16-le")
    for sentence in made["sentences"]:
        piece = units[2 * sentence["start"] : 2 * sentence["end"]]
        assert piece.decode("utf-16-le") == sentence["text"]
    assert found[TRUE]["status"] == "supported"
    assert found[TRUE]["citations"][0]["role"] == "supports"
    assert found[FALSE]["status"] == "unsupported"
    assert found[FALSE]["citations"] == []
    assert [near["role"] for near in found[FALSE]["nearest"]] == ["nearest", "nearest"]
    assert "Poroshenko" in found[FALSE]["problems"][0]
    assert (made["cache"]["status"], again["cache"]["status"]) == ("miss", "hit")


def test_every_citation_of_a_check_reproduces(real: Service):
    body = {"text": articles()[4]["text"], "articles": articles()}
    texts = {article["id"]: article["text"] for article in articles()}

    made = real.client.post("/v1/checks", json=body).json()

    assert len(made["sentences"]) > 5
    assert sum(made["statuses"].values()) == len(made["sentences"])
    for sentence in made["sentences"]:
        for cited in (*sentence["citations"], *sentence["nearest"]):
            assert texts[cited["article_id"]][cited["start"] : cited["end"]] == cited["quote"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"text": " ", "articles": [{"text": "Rain."}]}, "text"),
        ({"text": "Rain.", "articles": []}, "articles"),
        ({"articles": [{"text": "Rain."}]}, ""),
        ({"text": "Rain.", "articles": [{"text": "Rain."}], "options": {"length": 3}}, "options"),
    ],
)
def test_a_bad_check_is_told_where_and_why(real: Service, body: dict[str, object], path: str):
    answer = real.client.post("/v1/checks", json=body)

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-request")
    assert not path or path in {error["path"] for error in answer.json()["errors"]}


def test_an_article_that_cannot_be_fetched_is_told_and_the_check_goes_on(real: Service):
    body = {"text": TRUE, "articles": [*articles(), {"id": "own", "url": "http://127.0.0.1/"}]}

    made = real.client.post("/v1/checks", json=body).json()

    assert made["statuses"] == {"supported": 1}
    assert made["articles"][-1]["warnings"] == ["fetch-failed:blocked-address"]


@pytest.mark.usefixtures("fetched")
def test_the_command_exits_five_for_a_false_draft_and_zero_for_a_true_one(tmp_path: Path):
    (tmp_path / "false.txt").write_text(f"{TRUE} {FALSE}")
    (tmp_path / "true.txt").write_text(TRUE)

    wrong = within("check", tmp_path / "false.txt", SEEDS)
    right = within("check", tmp_path / "true.txt", SEEDS, "--format", "json")

    assert (wrong.returncode, right.returncode) == (5, 0)
    assert "UNSUPPORTED" in wrong.stdout
    assert "Poroshenko" in wrong.stdout
    assert json.loads(right.stdout)["statuses"] == {"supported": 1}
