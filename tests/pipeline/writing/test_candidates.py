"""Where a sentence that the writer gives takes the place of the source's own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from service.errors import WriterUnavailable
from service.models.base import Models, Prompt
from service.pipeline.run import run
from service.pipeline.types import Article, Options, Request
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import FakeWriter, Told, always, says


class Says(FakeWriter):
    """Always says the same."""

    def __init__(self, text: str | None, odds: float = 4.0, same: float = -9.0) -> None:
        super().__init__(lambda _: text, odds, same)

    @property
    def asked(self) -> list[str]:
        return [prompt[-1].content for prompt in self.prompts]


BRIDGE = (
    "Angela Vos opened the old bridge in Oslo on Monday after two years of work and long delays."
)
RAIN = "The old bridge in Oslo was opened by Angela Vos on Monday in heavy rain."
ANGERED = (
    "Angela Vos opened the old bridge in Oslo on Monday after two years of work and long delays that"
    " angered the farmers of the valley and the owners of the shops in the old town of Oslo."
)
SHORT = "Angela Vos opened the old bridge in Oslo on Monday after two years of work and long delays that angered the farmers."


def outlets(one: str, other: str) -> tuple[Article, Article]:
    """Two reports on one event, each with a sentence of its own too."""
    return (
        Article(id="a", text=f"{one} Erik Dahl of Bergen has asked the ministry for a new tunnel."),
        Article(id="b", text=f"{other} Rain is expected along the coast, forecasters warned."),
    )


def writing(models: Models, writer: Says | None) -> Models:
    """With this writer, and a reader to which near sentences tell a part of each other."""
    return msgspec.structs.replace(models, writer=writer, reader=always("part"))


@pytest.mark.parametrize(
    ("written", "odds", "printed"),
    [
        (SHORT, 4.0, True),
        (SHORT, -4.0, False),
        (SHORT, float("nan"), False),
        (SHORT.replace("Angela Vos", "Erik Dahl"), 4.0, False),
        (SHORT.replace("two years", "three years"), 4.0, False),
        (SHORT.replace(" of work and long delays", " of delays"), 4.0, True),
        (SHORT.replace(" after two years of work and long delays", " after long delays"), 4.0, False),
        (SHORT.replace(" on Monday", ""), 4.0, False),
        (SHORT.replace(" after", "; after"), 4.0, False),
        (SHORT.removesuffix("."), 4.0, False),
        (SHORT.replace("Monday", f"Monday, {'on that Monday, ' * 9}"), 4.0, False),
        (ANGERED, 4.0, False),
    ],
)  # fmt: skip
def test_a_sentence_is_told_in_other_words_if_the_model_finds_them_right_and_no_rule_refuses(
    models: Models, written: str, odds: float, printed: bool
):
    """Its figures and when it was have to be told."""
    writer = Says(written, odds)
    asked = Request(articles=(Article(id="a", text=ANGERED),), options=Options(sentences=1))
    told = msgspec.structs.replace(models, writer=writer)

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert any(prompt.strip() == f"1. {ANGERED}" for prompt in writer.asked)
    assert (sentence.text == written and sentence.mode == "abstractive") == printed
    assert any(check.name == "support" for check in sentence.checks) == printed
    assert {each.article_id for each in sentence.citations} == {"a"}


def test_a_written_sentence_that_tells_another_fact_is_not_printed_in_its_place(models: Models):
    asked = Request(articles=(Article(id="a", text=ANGERED),), options=Options(sentences=1))
    apart = Told(lambda report, fact: says("not said" if SHORT in (report, fact) else "part"))
    told = msgspec.structs.replace(models, writer=Says(SHORT.replace(" long", "")), reader=apart)
    leaving = msgspec.structs.replace(models, writer=Says(SHORT), reader=apart)

    (other,) = run(asked, leaving, MemoryComputationCache(), lambda _: None).sentences
    (same,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert (other.mode, same.mode) == ("extractive", "abstractive")


@pytest.mark.parametrize(("same", "articles"), [(6.0, {"a", "b"}), (-6.0, {"a"})])
def test_what_the_writers_model_finds_to_report_the_fact_is_cited(
    models: Models, same: float, articles: set[str]
):
    unsure = always("not said", 0.7)
    told = msgspec.structs.replace(models, writer=Says(None, same=same), reader=unsure)
    asked = Request(articles=outlets(BRIDGE, RAIN), options=Options(sentences=1))

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert sentence.text in (BRIDGE, RAIN)
    cited = {each.article_id: each.role for each in sentence.citations}
    assert len(cited) == len(articles)
    assert list(cited.values())[1:] == ["corroborates"] * (len(articles) - 1)


@pytest.mark.parametrize(("same", "printed"), [(6.0, 1), (-6.0, 2)])
def test_a_planned_sentence_that_reports_a_told_fact_is_not_told_too(
    models: Models, same: float, printed: int
):
    apart = "Delays of two years ended in Oslo when Angela Vos cut a ribbon on Monday."
    unsure = always("not said", 0.5)
    told = msgspec.structs.replace(models, writer=Says(None, same=same), reader=unsure)
    articles = (Article(id="a", text=BRIDGE), Article(id="b", text=apart))

    made = run(Request(articles=articles), told, MemoryComputationCache(), lambda _: None)

    assert len(made.sentences) == printed


def test_a_short_sentence_and_a_quotation_are_told_as_they_stand(models: Models):
    short = "Angela Vos opened the old bridge in Oslo on Monday."
    said = '"The harbour of Bergen will stay closed for two weeks after the storm," Erik Dahl told the council.'
    writer = Says("Angela Vos opened a bridge in Oslo.")
    told = msgspec.structs.replace(models, writer=writer)
    articles = (Article(id="a", text=f"{short}\n\n{said}"),)

    made = run(Request(articles=articles), told, MemoryComputationCache(), lambda _: None)

    assert [each.text for each in made.sentences] == [short, said]
    assert all(prompt.strip() in (short, said) for prompt in writer.asked), (
        "leads and headlines only"
    )


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("The ministry said on Monday that the painting was sent to the U.S. in May.",
         "The ministry said on Monday that the painting was sent to the U.S. in May"),
        ("The police in Oslo want the public's help to find a man who took a cab to rob an old bank in Bergen.",
         "The police in Oslo want the public's help to find a man who took a cab to rob an old bank in Bergen"),
        ("The painting from Oslo was sent by ship to a warehouse in the U.S.",
         "The painting from Oslo was sent by ship to a warehouse in the U.S."),
        ("The talks of the ministers in the old town hall of Oslo ended at 5 p.m.",
         "The talks of the ministers in the old town hall of Oslo ended at 5 p.m."),
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
    asked = Request(articles=outlets(BRIDGE, RAIN), options=Options(sentences=1))
    cut = Says(None)

    made = run(asked, writing(models, cut), MemoryComputationCache(), lambda _: None)

    assert any(prompt.strip() in (f"1. {BRIDGE}", f"1. {RAIN}") for prompt in cut.asked)
    assert [each.mode for each in made.sentences] == ["extractive"]
    assert made.warnings == ()


@pytest.mark.parametrize(
    ("written", "odds", "printed"),
    [
        ("Angela Vos opens the old bridge in Oslo", 1.0, True),
        ("Angela Vos opens the old bridge in Oslo", -1.0, False),
        ("Erik Dahl opens the old bridge in Oslo", 4.0, False),
        ("She opens the old bridge in Oslo", 4.0, False),
        (SHORT, 4.0, False),
    ],
)
def test_a_written_headline_is_printed_if_it_is_found_right_short_and_readable(
    models: Models, written: str, odds: float, printed: bool
):
    asked = Request(articles=(Article(id="a", text=BRIDGE),), options=Options(sentences=1))
    told = msgspec.structs.replace(models, writer=Says(written, odds))

    made = run(asked, told, MemoryComputationCache(), lambda _: None)

    assert made.headline is not None
    assert (made.headline.text == written) == printed
    assert (made.headline.mode == "abstractive") == printed


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
