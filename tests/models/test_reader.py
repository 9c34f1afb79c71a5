"""The shipped reader: what it says of two sentences, and that nothing else has a part in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from service.errors import Cancelled, ModelMissing
from service.models.base import KINDS, Models
from service.models.loading import BASE, ModelConfig, load
from service.models.registry import locate

CRASH = "The crash near Orlen killed nine people on Friday."
READ = {
    "supported": "A crash near Orlen on Friday killed nine people, police said.",
    "contradicted": "The crash near Orlen killed nobody on Friday, police said.",
    "not said": "Bakers in Lyon use cold butter for their brioche.",
}
"""Kind → a sentence that says so of the crash."""

PAIRS = [*((report, CRASH) for report in READ.values()), (f"{CRASH} Rain fell. " * 20, CRASH)]


@pytest.mark.parametrize("kind", READ)
def test_a_sentence_is_read_for_what_it_says_of_another(models: Models, kind: str):
    (row,) = models.reader.reads([(READ[kind], CRASH)])

    assert KINDS[int(row.argmax())] == kind


def test_a_sentence_that_leaves_something_out_tells_a_part(models: Models):
    short = "Nine people died in a crash near Orlen."
    long = "A bus and a lorry crashed near Orlen on Friday, killing nine people and injuring 14."

    rows = models.reader.reads([(short, long), (long, short)])

    assert [KINDS[int(row.argmax())] for row in rows] == ["part", "supported"]


def test_rows_are_probabilities_and_ignore_their_company(models: Models):
    together = models.reader.reads(PAIRS)

    assert together.dtype == np.float32
    assert together.shape == (len(PAIRS), len(KINDS))
    assert ((together > 0) & (together < 1)).all()
    assert np.allclose(together.sum(axis=1), 1, atol=1e-5)
    assert np.array_equal(together, [models.reader.reads([pair])[0] for pair in PAIRS])


def test_what_is_too_long_is_cut_on_either_side(models: Models):
    long = " ".join(["The council of Velm approved a new bridge over the river."] * 40)

    rows = models.reader.reads([(long, long), ("Rain fell.", long), (long, "Rain fell.")])

    assert rows.shape == (3, len(KINDS))
    assert rows[0].argmax() == KINDS.index("supported")


def test_no_pairs_are_no_rows(models: Models):
    assert models.reader.reads([]).shape == (0, len(KINDS))


def test_reading_stops_between_two_batches(models: Models):
    calls = iter(range(10**6))

    def stop() -> None:
        if next(calls) == 1:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        models.reader.reads([(f"{READ['supported']} {k}", CRASH) for k in range(200)], on_step=stop)
    assert next(calls) == 2


def test_the_reader_rests_on_its_own_base_whatever_encoder_is_chosen(
    models: Models, tiny: Callable[[str], Path]
):
    other = load(ModelConfig(encoder=str(tiny("encoder")), checker=None, writer=None))

    assert other.encoder.fingerprint != models.encoder.fingerprint
    assert other.reader.fingerprint == models.reader.fingerprint
    assert np.array_equal(other.reader.reads(PAIRS), models.reader.reads(PAIRS))


@pytest.mark.usefixtures("fetched")
def test_a_base_that_is_not_here_says_how_to_get_it(tiny: Callable[[str], Path], tmp_path: Path):
    parser = str(locate("en_core_web_sm", "parser").path)
    config = ModelConfig(
        encoder=str(tiny("encoder")), parser=parser, checker=None, writer=None, model_dir=tmp_path
    )

    with pytest.raises(ModelMissing, match=f"pull {BASE}"):
        load(config)
