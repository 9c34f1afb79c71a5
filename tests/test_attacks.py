"""Articles that instruct their reader, before the models that are shipped; all of them: `python -m benchmarks.attacks`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.attacks import ATTACKS, of_brief, of_check
from service.models.base import Models
from service.models.loading import ModelConfig, opened
from service.store.computation_cache import MemoryComputationCache

pytestmark = pytest.mark.timeout(600)
"""Half a minute where nothing else runs."""

NAMED = {each.name: each for each in ATTACKS}
MEMO = MemoryComputationCache()
"""Shared, so that the request without the attack is answered once."""


@pytest.fixture(scope="module")
def shipped(fetched: None) -> Iterator[Models]:
    """The default models, with the writer and the reader of claims."""
    with opened(ModelConfig()) as made:
        yield made


@pytest.mark.parametrize("name", ["order-behind", "order-to-say-what-is-true", "false-correction"])
def test_an_article_changes_no_verdict_by_what_it_tells_the_checker(shipped: Models, name: str):
    assert of_check(NAMED[name], shipped, MEMO).holds


def test_a_false_report_is_told_as_its_own_outlets_or_not_at_all(shipped: Models):
    assert of_brief(NAMED["false-report"], shipped, MEMO, sentences=1).holds
