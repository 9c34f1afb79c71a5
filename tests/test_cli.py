"""The command line: results on stdout, progress on stderr, exit codes that scripts can use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from service.cli.main import main
from service.models.loading import BASE
from service.models.registry import entries, entry_folder
from tests.conftest import SEEDS

TEXT = "A fire destroyed a warehouse in Lombok on Sunday, police said. The fire began at night."


def newsbrief(
    *arguments: str | Path, stdin: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    settings = {"writer": "none", **settings}  # the writer has tests of its own
    given = {f"NEWSBRIEF_{name.upper()}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "service", *map(str, arguments)], input=stdin, capture_output=True,
        text=True, env={**os.environ, **given}, check=False,
    )  # fmt: skip


def within(
    *arguments: str | Path, stdin: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """The same command in this process, which has the model libraries loaded already."""
    settings = {"writer": "none", **settings}  # the writer has tests of its own
    given = {f"NEWSBRIEF_{name.upper()}": value for name, value in settings.items()}
    asked, code = ["newsbrief", *map(str, arguments)], 0
    with (
        pytest.MonkeyPatch.context() as patch,
        CliRunner().isolation(input=stdin, env=given) as (out, err, *_),
    ):
        patch.setattr(sys, "argv", asked)
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
        sys.stderr.flush()
        printed, said = out.getvalue().decode(), err.getvalue().decode()
    return subprocess.CompletedProcess(asked, code, printed, said)


@pytest.mark.usefixtures("fetched")
def test_a_folder_is_briefed_as_the_apis_own_json():
    done = newsbrief("brief", SEEDS, "--format", "json", "--sentences", "3", "--mode", "extractive")

    made = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(made["sentences"]) == 3
    assert made["cache"] == {"status": "miss", "age_s": 0}
    for sentence in made["sentences"]:
        for cited in sentence["citations"]:
            text = (SEEDS / f"{cited['article_id']}.txt").read_text()
            assert text[cited["start"] : cited["end"]] == cited["quote"]


@pytest.mark.usefixtures("fetched")
def test_a_request_on_stdin_keeps_its_own_options():
    request = {
        "articles": [{"id": "\U0001f600", "text": TEXT.replace("fire", "fire \U0001f600", 1)}],
        "options": {"mode": "extractive", "offset_unit": "utf16", "length": {"sentences": 1}},
    }

    done = within("brief", "-", "--format", "json", stdin=json.dumps(request))

    made = json.loads(done.stdout)
    assert made["offset_unit"] == "utf16"
    assert [len(made["sentences"]), made["warnings"]] == [1, ["single_article"]]
    cited = made["sentences"][0]["citations"][0]
    assert cited["end"] - cited["start"] == len(cited["quote"].encode("utf-16-le")) // 2


@pytest.mark.usefixtures("fetched")
@pytest.mark.parametrize(
    ("form", "begins"), [("text", "A fire"), ("markdown", "# A fire"), ("html", "<!doctype html>")]
)
def test_every_format_is_written(tmp_path: Path, form: str, begins: str):
    (tmp_path / "a.txt").write_text(TEXT)

    done = within("brief", tmp_path / "a.txt", "--format", form, "-o", tmp_path / "out")

    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "out").read_text().startswith(begins)


@pytest.mark.usefixtures("fetched")
def test_html_files_are_extracted(tmp_path: Path):
    page = (
        f"<html><body><nav>Home</nav><article><p>{TEXT} {TEXT} {TEXT}</p></article></body></html>"
    )
    (tmp_path / "a.html").write_text(page)

    done = within("brief", tmp_path, "--mode", "extractive")

    assert done.returncode == 0
    assert "A fire destroyed a warehouse" in done.stdout
    assert "Home" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "said"),
    [
        (["brief", "nowhere"], "", 2, "no file or folder"),
        (["brief", "-"], "{", 2, "stdin"),
        (["brief", "-"], '{"articles": []}', 2, "at least one article"),
        (["brief", "-", "--words", "50", "--sentences", "2"], '{"articles": []}', 2, "not both"),
        (["brief", "-", "--sentences", "0"], "", 2, "sentences"),
        (["brief"], "", 2, "PATH"),
        (["models", "pull", "nothing"], "", 2, "registry"),
        # fetches its models before it looks for its Redis
        pytest.param(["worker"], "", 2, "NEWSBRIEF_REDIS_URL", marks=pytest.mark.models),
        (["api"], "", 2, "NEWSBRIEF_REDIS_URL"),
    ],
)
def test_wrong_input_is_one_line_and_exit_two(
    arguments: list[str], stdin: str, code: int, said: str
):
    done = newsbrief(*arguments, stdin=stdin)

    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("fetched")
def test_a_missing_model_names_the_command_and_exits_three():
    done = within("brief", SEEDS, encoder="nobody/nothing")

    assert done.returncode == 3
    assert "newsbrief models pull" in done.stderr


@pytest.mark.usefixtures("fetched")
def test_nothing_to_brief_exits_four(tmp_path: Path):
    (tmp_path / "a.txt").write_text(
        "Mehrere hundert H\u00e4user in Mataram wurden am Sonntag besch\u00e4digt."
    )

    done = within("brief", tmp_path)

    assert done.returncode == 4
    assert "language" in done.stderr


def test_wrong_settings_are_listed_at_once():
    done = newsbrief("brief", SEEDS, port="many", colour="blue")

    assert done.returncode == 2
    assert "NEWSBRIEF_PORT" in done.stderr
    assert "NEWSBRIEF_COLOUR" in done.stderr


@pytest.mark.usefixtures("fetched")
def test_an_address_that_others_reach_needs_a_word():
    done = newsbrief("serve", host="0.0.0.0")  # noqa: S104  # what must be refused

    assert done.returncode == 2
    assert "NEWSBRIEF_ALLOW_ANONYMOUS" in done.stderr


def test_help_loads_no_model_library():
    script = (
        "import sys; from click.testing import CliRunner; from service.cli.main import cli;"
        "assert CliRunner().invoke(cli, ['brief', '--help']).exit_code == 0;"
        "print(sorted({'torch', 'transformers', 'spacy', 'numpy', 'litestar'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"


def test_what_the_default_models_rest_on_is_fetched_by_the_first_command():
    from service.cli.models import registered
    from service.models.loading import ModelConfig

    rest_on = [BASE, "en_core_web_sm", "Qwen2.5-Coder-1.5B-Instruct"]
    assert registered(ModelConfig(writer=rest_on[2])) == rest_on
    for checker in ("newsbrief-checker", "mine", None):
        own = ModelConfig(writer=None, encoder="mine", checker=checker)
        assert registered(own) == ["en_core_web_sm", BASE]


@pytest.mark.parametrize("arguments", [["models"], ["models", "list"]])
def test_models_tells_costs_choice_and_presence(arguments: list[str], tmp_path: Path):
    done = newsbrief(*arguments, model_dir=str(tmp_path), writer="Qwen2.5-Coder-0.5B-Instruct")

    lines = done.stdout.splitlines()
    chosen = {line.split()[2] for line in lines if " * " in line}
    assert max(map(len, lines)) <= 100
    assert chosen == {"all-MiniLM-L6-v2", "en_core_web_sm", "Qwen2.5-Coder-0.5B-Instruct"}
    assert any("1.1 GB" in line and "20-23" in line and line.endswith(" no") for line in lines)


@pytest.mark.usefixtures("fetched")
def test_verify_asks_only_for_the_chosen_models_and_the_base_of_our_own(tmp_path: Path):
    chosen = dict.fromkeys(("encoder", "parser", "writer", "checker"), "mine")
    base = entry_folder(entries()[BASE])

    def verified(**settings: str) -> int:
        return newsbrief("models", "verify", model_dir=str(tmp_path), **settings).returncode

    lacking = verified(**chosen)
    (tmp_path / base.name).symlink_to(base)

    assert (lacking, verified(**chosen), verified()) == (3, 0, 3)
