"""Vectors and parses depend on their text alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.errors import ModelError, ModelMissing
from service.models.base import Models
from service.models.loading import ModelConfig, load, opened
from service.models.parser import SpacyParser
from service.models.registry import locate

Tiny = Callable[[str], Path]

TEXTS = [
    "Talks resumed in Moscow on Tuesday.",
    "The envoy, who had arrived a day earlier, met the president for five hours.",
    "Rain.",
    "word " * 400,
]


def test_vectors_are_of_unit_length_and_ignore_their_company(models: Models):
    together = models.encoder.encode(TEXTS)
    alone = np.concatenate([models.encoder.encode([text]) for text in TEXTS])

    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.array_equal(together, alone)


def test_no_texts_are_no_rows(models: Models):
    assert models.encoder.encode([]).shape == (0, 384)


def test_near_texts_are_nearer_than_far_ones(models: Models):
    a, b, c = models.encoder.encode(
        ["Talks resumed in Moscow.", "Negotiations went on in Moscow.", "Bakers use cold butter."]
    )

    assert a @ b > 0.6 > a @ c


def fresh_parser() -> SpacyParser:
    """One that has kept nothing yet."""
    return SpacyParser.load(locate("en_core_web_sm", "parser"))


@pytest.mark.usefixtures("fetched")
def test_parses_ignore_their_company():
    together = fresh_parser().parse(TEXTS[:3])

    alone = fresh_parser()
    assert together == [alone.parse([text])[0] for text in TEXTS[:3]]
    assert [token.text for token in together[2]] == ["Rain", "."]
    for parse, text in zip(together, TEXTS, strict=False):
        assert all(text[token.start : token.end] == token.text for token in parse)


@pytest.mark.usefixtures("fetched")
def test_the_parser_keeps_the_latest_texts_and_parses_none_of_them_twice(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("service.models.parser.KEPT", 2)
    parser = fresh_parser()
    a, b, c = TEXTS[:3]

    first = parser.parse([a, b, a])
    again = parser.parse([a])
    parser.parse([c])

    assert first[0] is first[2] is again[0]
    assert parser.parse([a])[0] is first[0]
    assert parser.parse([b])[0] is not first[1]


@pytest.mark.usefixtures("fetched")
def test_an_encoder_is_loaded_from_a_folder(tiny: Tiny):
    encoder = load(ModelConfig(encoder=str(tiny("encoder")), writer=None)).encoder

    assert encoder.encode(["talks resumed"]).shape == (1, 32)


@pytest.mark.usefixtures("fetched")
def test_an_encoder_with_modules_of_its_own_is_refused(tiny: Tiny, tmp_path: Path):
    folder = shutil.copytree(tiny("encoder"), tmp_path / "dense")
    modules = [{"type": "sentence_transformers.models.Dense"}]
    (folder / "modules.json").write_text(json.dumps(modules))

    with pytest.raises(ModelError, match="Dense"):
        load(ModelConfig(encoder=str(folder), writer=None))


@pytest.mark.parametrize("name", ["nobody/nothing", "path:./not-there", "all-MiniLM-L7"])
def test_a_model_that_is_not_here_says_how_to_get_it(name: str):
    with pytest.raises(ModelMissing, match=r"pull|no folder"):
        load(ModelConfig(encoder=name, writer=None))


@pytest.mark.usefixtures("fetched")
def test_a_model_of_another_kind_is_refused():
    with (
        pytest.raises(ModelError, match="not a writer"),
        opened(ModelConfig(writer="all-MiniLM-L6-v2")),
    ):
        pass


@pytest.mark.usefixtures("fetched")
def test_models_are_loaded_from_the_hub_cache_without_a_network(tiny: Tiny, tmp_path: Path):
    for repository, kind in (("acme/tiny-encoder", "encoder"), ("acme/tiny-writer", "causal")):
        held = tmp_path / "hub" / f"models--{repository.replace('/', '--')}"
        shutil.copytree(tiny(kind), held / "snapshots" / ("0" * 40))
        (held / "refs").mkdir()
        (held / "refs" / "main").write_text("0" * 40)
    script = (
        "from service.models.loading import ModelConfig, opened\n"
        "config = ModelConfig(encoder='acme/tiny-encoder', writer='hub:acme/tiny-writer')\n"
        "with opened(config) as models:\n"
        "    print(models.encoder.encode(['talks']).shape, models.writer.fingerprint)"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True,
        env={**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_CACHE": str(tmp_path / "hub"),
             "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip

    assert done.stdout.startswith("(1, 32) acme/tiny-writer@000000000000/")
