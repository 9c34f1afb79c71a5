"""The shipped entailment model, and others in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.errors import ModelError
from service.models.base import Models
from service.models.loading import ModelConfig, load
from tests.models.conftest import save_tokenizer

PAIRS = [
    ("Talks resumed in Moscow on Tuesday, the envoy said.", "Talks resumed in Moscow."),
    ("Talks resumed in Moscow on Tuesday, the envoy said.", "Bakers in Lyon use cold butter."),
    (
        "The envoy met the president for five hours. Rain fell. " * 20,
        "The envoy met the president.",
    ),
]


def classifier(folder: Path, labels: dict[int, str]) -> Path:
    from transformers import BertConfig, BertForSequenceClassification

    size = save_tokenizer(folder, chat=False)
    config = BertConfig(
        vocab_size=size, hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=256, pad_token_id=0, id2label=labels,
        label2id={name: k for k, name in labels.items()},
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_pairs_probability_ignores_its_company(models: Models):
    assert models.checker is not None

    together = models.checker.entails(PAIRS)

    assert together.dtype == np.float32
    assert np.array_equal(together, [models.checker.entails([pair])[0] for pair in PAIRS])


def test_what_is_said_is_likelier_than_what_is_not(models: Models):
    assert models.checker is not None

    said, other, _ = models.checker.entails(PAIRS)

    assert said > 0.5 > other


def test_no_pairs_are_no_rows(models: Models):
    assert models.checker is not None

    assert models.checker.entails([]).shape == (0,)


@pytest.mark.usefixtures("fetched")
def test_any_model_with_a_label_of_entailment_can_check(tmp_path: Path):
    folder = classifier(tmp_path, {0: "contradiction", 1: "neutral", 2: "ENTAILMENT"})

    checker = load(ModelConfig(checker=str(folder), writer=None)).checker

    assert checker is not None
    found = checker.entails(PAIRS)
    assert ((found > 0) & (found < 1)).all()


@pytest.mark.usefixtures("fetched")
def test_a_sequence_to_sequence_judge_can_check(tiny: Callable[[str], Path]):
    folder = tiny("sequence-to-sequence")

    checker = load(ModelConfig(checker=str(folder), writer=None)).checker

    assert checker is not None
    found = checker.entails([(evidence[:60], claim) for evidence, claim in PAIRS])
    assert ((found > 0) & (found < 1)).all()
    assert len(set(found.tolist())) == len(PAIRS)


@pytest.mark.usefixtures("fetched")
def test_a_model_without_such_a_label_is_refused(tmp_path: Path):
    folder = classifier(tmp_path, {0: "sport", 1: "politics"})

    with pytest.raises(ModelError, match="sport"):
        load(ModelConfig(checker=str(folder), writer=None))


@pytest.mark.usefixtures("fetched")
def test_without_a_checker_the_rules_decide(tmp_path: Path):
    assert load(ModelConfig(checker=None, writer=None)).checker is None
