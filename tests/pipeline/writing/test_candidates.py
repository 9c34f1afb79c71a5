"""Where a written sentence takes the place of its source's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest

from service.errors import WriterUnavailable
from service.models.base import Models, Prompt
from service.pipeline.run import run
from service.pipeline.types import Article, Options, Request
from service.store.computation_cache import MemoryComputationCache


class Says:
    """A writer that always says the same."""

    fingerprint = "says"
    written = 0

    def __init__(self, text: str | None) -> None:
        self._text = text
        self.asked: list[str] = []

    def write(
        self, prompts: Sequence[Prompt], *, max_new_tokens: int,
        on_step: Callable[[], None] | None = None,
    ) -> list[str | None]:  # fmt: skip
        self.asked += [prompt[-1].content for prompt in prompts]
        return [self._text for _ in prompts]


BRIDGE = (
    "Angela Vos opened the old bridge in Oslo on Monday after two years of work and long delays."
)
FAMILY = (
    "Angela Vos will welcome a little one to the family in Oslo, but it is not a baby this time."
)
FIRE = "Angela Vos said in Oslo that the Camp Fire had hit the old mill hard this year."
SPENT = "Oslo spent $3 million on old schools and $5 million on new roads in the last year."
ARMY = "Angela Vos said in Oslo that the army had taken the old bridge after long fights on Monday."
SHIP = "The crew had searched an old ship in Oslo that was believed to be smuggling cars, though it was cleared."
DEAL = "The House voted to cut $39 billion from the plan, and Angela Vos signed a deal that cuts $8 billion."


@pytest.mark.parametrize(
    ("source", "written", "printed"),
    [
        (BRIDGE, "Angela Vos opened the old bridge in Oslo on Monday after two years of work.", True),
        (BRIDGE, "Angela Vos opened the old bridge in Oslo.", False),
        (FIRE, "Angela Vos said in Oslo that the camp fire had hit the old mill hard.", False),
        (FIRE, "Angela Vos said in Oslo that the Camp Fire had hit the old mill hard.", True),
        (SPENT, "Oslo spent $5 million on old schools and $3 million on new roads.", False),
        (SPENT, "Oslo spent $3 million on old schools and $5 million on new roads.", True),
        (FAMILY, "Angela Vos will welcome a little one to the family in Oslo this time.", False),
        (ARMY, "Angela Vos said in Oslo that army had taken the old bridge after long fights.", False),
        (DEAL, "Angela Vos signed a deal that cuts $39 billion from the plan.", False),
        (SHIP, "The crew had searched an old ship in Oslo that was believed to be smuggling cars.", False),
    ],
)  # fmt: skip
def test_a_written_sentence_is_printed_if_it_says_nearly_all_and_nothing_else(
    models: Models, source: str, written: str, printed: bool
):
    asked = Request(articles=(Article(id="a", text=source),), options=Options(sentences=1))
    told = msgspec.structs.replace(models, writer=Says(written))

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert sentence.text == (written if printed else source)


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("The ministry said on Monday that the painting was sent to the U.S. in May.",
         "The ministry said on Monday that the painting was sent to the U.S. in May"),
        ("The police in Oslo want the public's help to find a man who took a cab to rob an old bank in Bergen.",
         "The police in Oslo want the public's help to find a man who took a cab to rob an old bank in Bergen"),
        ("The painting from Oslo was sent by ship to a warehouse in the U.S.",
         "The painting from Oslo was sent by ship to a warehouse in the U.S."),
    ],
)  # fmt: skip
def test_a_headline_loses_its_full_stop_but_no_abbreviation_and_no_point(
    models: Models, text: str, headline: str
):
    asked = Request(articles=(Article(id="a", text=text),), options=Options(sentences=1))

    made = run(
        asked,
        msgspec.structs.replace(models, writer=None),
        MemoryComputationCache(),
        lambda _: None,
    )

    assert made.headline is not None
    assert made.headline.text == headline


def test_a_headline_is_no_quotation(models: Models):
    shut = (
        "The ministry in Oslo said that it had sent all of the old paintings of the museum and the letters"
        " of its founder and two of the oldest maps to Bergen."
    )
    said = '"The old bridge in Oslo has to be closed today," Angela Vos told the council.'
    asked = Request(
        articles=(Article(id="a", text=f"{shut}\n\n{said}"),), options=Options(sentences=2)
    )

    made = run(
        asked,
        msgspec.structs.replace(models, writer=None),
        MemoryComputationCache(),
        lambda _: None,
    )

    assert [each.text for each in made.sentences] == [shut, said]
    assert made.headline is not None
    assert made.headline.text == shut.rstrip(".")


def test_a_cut_answer_is_no_candidate(models: Models):
    asked = Request(articles=(Article(id="a", text=BRIDGE),), options=Options(sentences=1))
    cut = msgspec.structs.replace(models, writer=Says(None))

    made = run(asked, cut, MemoryComputationCache(), lambda _: None)

    assert [each.text for each in made.sentences] == [BRIDGE]
    assert made.warnings == ("single_article",)


class Away(Says):
    """A writer that answers once, and then no more."""

    def write(self, prompts: Sequence[Prompt], **asked: object) -> list[str | None]:
        if self.asked:
            raise WriterUnavailable("It is away.")
        return super().write(prompts, max_new_tokens=64)


def test_a_brief_goes_on_without_a_writer_that_fails_and_says_so(
    models: Models, seeds: tuple[Article, ...]
):
    asked = Request(articles=seeds, options=Options(sentences=4))
    away = Away("Nothing.")
    made, plain = (
        run(
            asked,
            msgspec.structs.replace(models, writer=each),
            MemoryComputationCache(),
            lambda _: None,
        )
        for each in (away, Says("Nothing."))
    )

    assert made.provisional
    assert not plain.provisional
    assert [each.text for each in made.sentences] == [each.text for each in plain.sentences]
    assert made.id != plain.id
