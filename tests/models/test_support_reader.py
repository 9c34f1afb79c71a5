"""The shipped reader of claims on variants of what others' checkers let by, half of them true."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import ModelMissing
from service.models.llama_server import llama_server, private_reader, server_home, weights
from service.models.loading import DEFAULT_WRITER
from service.models.registry import locate
from service.pipeline.prompts import templates
from service.pipeline.verification.support import SupportReader
from service.pipeline.verification.verify import ONLY_CLAIMED
from service.store.computation_cache import MemoryComputationCache

PATIENT_S = 900

OTHERWISE = [
    ("The climber Ida Brenner was found dead on Mount Kora.", "The climber Ida Brenner was found alive on Mount Kora."),
    ("The jury in Delmar convicted the banker Tom Ridley of fraud.", "The jury in Delmar acquitted the banker Tom Ridley of fraud."),
    ("Veltro bought the plant in Gdynia on Monday.", "Veltro sold the plant in Gdynia on Monday."),
    ("The fare rose from 2 euros to 3 euros.", "The fare rose from 3 euros to 2 euros."),
    ("The appeals court upheld the ban on fishing in Arden.", "The appeals court overturned the ban on fishing in Arden."),
    ("Exports of Zembra grew by four percent in March.", "Exports of Zembra shrank by four percent in March."),
    ("The minister resigned after the vote in parliament.", "The minister resigned before the vote in parliament."),
    ("Dock workers began a strike in Port Zembra on Tuesday.", "Dock workers ended a strike in Port Zembra on Tuesday."),
    ("Harbour United won the cup final against Port Rovers.", "Harbour United lost the cup final against Port Rovers."),
    ("Police arrested Karl Lind after he attacked Jan Voss.", "Police arrested Jan Voss after he attacked Karl Lind."),
    ("The council approved the new bridge in Orlen.", "The council rejected the new bridge in Orlen."),
    ("The school will open again on Monday, the mayor said.", "The school will stay closed on Monday, the mayor said."),
]  # fmt: skip

SAID = [
    ("The climber Ida Brenner was found dead on Mount Kora.", "Ida Brenner, a climber, was found dead on Mount Kora."),
    ("The jury in Delmar convicted the banker Tom Ridley of fraud.", "The banker Tom Ridley was found guilty of fraud by a jury in Delmar."),
    ("Veltro bought the plant in Gdynia on Monday.", "The plant in Gdynia was bought by Veltro on Monday."),
    ("The fare rose from 2 euros to 3 euros.", "The fare went up from 2 to 3 euros."),
    ("The appeals court upheld the ban on fishing in Arden.", "A ban on fishing in Arden was upheld by the appeals court."),
    ("Exports of Zembra grew by four percent in March.", "In March, exports of Zembra increased by four percent."),
    ("The minister resigned after the vote in parliament.", "After the vote in parliament the minister stepped down."),
    ("Dock workers began a strike in Port Zembra on Tuesday.", "A strike of dock workers started on Tuesday in Port Zembra."),
    ("Harbour United won the cup final against Port Rovers.", "Harbour United beat Port Rovers in the cup final."),
    ("Police arrested Karl Lind after he attacked Jan Voss.", "Karl Lind was arrested by police after attacking Jan Voss."),
    ("The council approved the new bridge in Orlen.", "The new bridge in Orlen was approved by the council."),
    ("The school will open again on Monday, the mayor said.", "The mayor said that the school would reopen on Monday."),
]  # fmt: skip

CLAIMED = [
    ("The army shot down the plane, rebels said.", "The army shot down the plane."),
    ("Ridley allegedly stole the money of the bank.", "Ridley stole the money of the bank."),
    ("Voss could lose her seat in June, analysts said.", "Voss will lose her seat in June."),
    ("Police believe that the fire was started by a candle.", "The fire was started by a candle."),
    ("According to the union, the company hid the tests.", "The company hid the tests."),
    ("The suit says that Veltro fired her for reporting the leak.", "Veltro fired her for reporting the leak."),
]  # fmt: skip


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SupportReader]:
    """The reader of the default writer, or of the one that the environment names, where it is here."""
    try:
        located = locate(os.environ.get("NEWSBRIEF_WRITER", DEFAULT_WRITER), "writer")
    except ModelMissing as missing:
        pytest.skip(str(missing))
    model, home = weights(located), server_home(Path(tmp_path_factory.mktemp("data")), located)
    assert model is not None
    with llama_server(model, home, adapters=located.adapters):
        reader = private_reader(located, home, deadline_s=PATIENT_S)
        if reader is None:
            pytest.skip("this writer reads no claims")
        reader.probe()
        yield SupportReader(reader, MemoryComputationCache(), templates()["support"])


def said(support: SupportReader, pairs: list[tuple[str, str]]) -> list[tuple[float, float, float]]:
    """Supported, only claimed, contradicted."""
    read = support.reads([([evidence], claim) for evidence, claim in pairs])
    assert all(each is not None for each in read)
    return [(each.supported, each.claimed, each.contradicted) for each in read if each is not None]


def test_opposites_and_swapped_roles_are_told_from_other_words(support: SupportReader) -> None:
    wrong, right = said(support, OTHERWISE), said(support, SAID)

    assert sum(yes < 0.5 for yes, _, _ in wrong) >= len(wrong) - 1
    assert sum(no >= 0.5 for _, _, no in wrong) >= len(wrong) - 2
    assert sum(yes >= 0.5 for yes, _, _ in right) >= len(right) - 1
    assert all(no < 0.5 for _, _, no in right)


def test_what_somebody_says_is_no_fact(support: SupportReader) -> None:
    dropped = said(support, CLAIMED)
    kept = said(support, [(evidence, evidence) for evidence, _ in CLAIMED])

    assert sum(claimed >= ONLY_CLAIMED for _, claimed, _ in dropped) >= len(dropped) - 1
    assert all(yes >= 0.5 for yes, _, _ in kept)
