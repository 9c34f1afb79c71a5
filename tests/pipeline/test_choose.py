"""Where a written sentence takes the place of its source's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest

from service.models.base import Models, Prompt
from service.pipeline.run import run
from service.pipeline.types import Article, Options, Request
from service.store.memo import MemoryMemo


class Says:
    """A writer that always says the same."""

    fingerprint = "says"
    fuses = True
    written = 0

    def __init__(self, text: str) -> None:
        self._text = text

    def write(
        self, prompts: Sequence[Prompt], *, max_new_tokens: int, candidates: int = 1,
        on_step: Callable[[], None] | None = None,
    ) -> list[list[str]]:  # fmt: skip
        return [[self._text] for _ in prompts]


BRIDGE = (
    "Angela Vos opened the old bridge in Oslo on Monday after two years of work and long delays."
)
FAMILY = (
    "Angela Vos will welcome a little one to the family in Oslo, but it is not a baby this time."
)
ARMY = "Angela Vos said in Oslo that the army had taken the old bridge after long fights on Monday."
DEAL = "The House voted to cut $39 billion from the plan, and Angela Vos signed a deal that cuts $8 billion."


@pytest.mark.parametrize(
    ("source", "written", "printed"),
    [
        (BRIDGE, "Angela Vos opened the old bridge in Oslo on Monday after two years of work.", True),
        (BRIDGE, "Angela Vos opened the old bridge in Oslo.", False),
        (BRIDGE, "Angela Vos opened the Old Bridge in Oslo on Monday after two years of work.", False),
        (FAMILY, "Angela Vos will welcome a little one to the family in Oslo this time.", False),
        (ARMY, "Angela Vos said in Oslo that army had taken the old bridge after long fights.", False),
        (DEAL, "Angela Vos signed a deal that cuts $39 billion from the plan.", False),
    ],
)  # fmt: skip
def test_a_written_sentence_is_printed_if_it_says_nearly_all_and_nothing_else(
    models: Models, source: str, written: str, printed: bool
):
    asked = Request(articles=(Article(id="a", text=source),), options=Options(sentences=1))
    told = msgspec.structs.replace(models, writer=Says(written))

    (sentence,) = run(asked, told, MemoryMemo(), lambda _: None).sentences

    assert sentence.text == (written if printed else source)
