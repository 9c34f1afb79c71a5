"""Settings come from the mapping given, all errors at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.errors import InvalidSettings
from service.settings import Settings


def test_defaults_need_no_variable():
    assert Settings.from_environ({"HOME": "/root", "OTHER_PORT": "1"}) == Settings()


def test_where_a_client_finds_a_service_is_no_wrong_setting():
    told = {"NEWSBRIEF_URL": "https://briefs.example", "NEWSBRIEF_KEY": "nb_k_s"}

    assert Settings.from_environ(told) == Settings()


def test_every_kind_of_value_is_read():
    settings = Settings.from_environ(
        {"NEWSBRIEF_PORT": "80", "NEWSBRIEF_ALLOW_ANONYMOUS": "true", "NEWSBRIEF_MODEL_DIR": "/m",
         "NEWSBRIEF_THREADS": "", "NEWSBRIEF_REDIS_URL": "redis://r"}
    )  # fmt: skip

    assert (settings.port, settings.allow_anonymous, settings.model_dir) == (80, True, Path("/m"))
    assert (settings.threads, settings.redis_url) == (None, "redis://r")


def test_one_error_lists_every_wrong_variable():
    wrong = {"NEWSBRIEF_PORT": "x", "NEWSBRIEF_DTYPE": "int4", "NEWSBRIEF_PROT": "1",
             "NEWSBRIEF_ALLOW_ANONYMOUS": "maybe", "NEWSBRIEF_MAX_ARTICLES": "0"}  # fmt: skip

    with pytest.raises(InvalidSettings) as raised:
        Settings.from_environ(wrong)

    assert all(name in str(raised.value) for name in wrong)


def test_a_secret_is_shown_neither_in_a_repr_nor_in_an_error():
    settings = Settings.from_environ({"NEWSBRIEF_WEBHOOK_SECRET": f"{'n' * 32} {'o' * 32}"})

    with pytest.raises(InvalidSettings, match="32 characters") as raised:
        Settings.from_environ({"NEWSBRIEF_WEBHOOK_SECRET": "too-short"})

    assert [each.text for each in settings.webhook_secret] == ["n" * 32, "o" * 32]
    assert "nnn" not in repr(settings)
    assert "too-short" not in str(raised.value)


def test_settings_are_frozen():
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]


def test_places_that_cannot_be_read_stop_every_command_and_are_listed_with_the_rest():
    wrong = {"NEWSBRIEF_FETCH_ALLOW": "10.0.0.1 http://cms", "NEWSBRIEF_PORT": "x"}

    with pytest.raises(
        InvalidSettings, match=r"NEWSBRIEF_FETCH_ALLOW: 'http://cms' is no host"
    ) as raised:
        Settings.from_environ(wrong)

    assert "NEWSBRIEF_PORT='x'" in str(raised.value)


def test_the_writers_key_is_shown_nowhere():
    settings = Settings.from_environ({"NEWSBRIEF_WRITER_API_KEY": " sk-123 "})

    assert settings.writer_api_key is not None
    assert settings.writer_api_key.text == "sk-123"
    assert "sk-123" not in repr(settings)
    assert Settings.from_environ({"NEWSBRIEF_WRITER_API_KEY": ""}).writer_api_key is None


@pytest.mark.parametrize(
    ("writer", "said"),
    [
        ("https://models.example/v1", "behind the URL"),
        ("https://u:pa55@models.example/v1#qwen", "NEWSBRIEF_WRITER_API_KEY"),
    ],
)
def test_a_writers_url_names_a_model_and_no_password(writer: str, said: str):
    with pytest.raises(InvalidSettings, match=said) as raised:
        Settings.from_environ({"NEWSBRIEF_WRITER": writer})

    assert "pa55" not in str(raised.value)
