"""Where a sentence written from several reports takes the place of the source's own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from service.errors import WriterUnavailable
from service.models.base import Models, Prompt
from service.pipeline.run import run
from service.pipeline.types import Article, Options, Request
from service.pipeline.writing import realizer
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
FUSED = "Angela Vos opened the old bridge in Oslo on Monday in heavy rain after two years of work and long delays."
HARBOUR = "The harbour of Bergen was closed on Tuesday because of a strong storm."
FERRIES = "All ferries from Bergen to Stavanger were cancelled on Tuesday."
ANGERED = (
    "Angela Vos opened the old bridge in Oslo on Monday after two years of work and long delays that"
    " angered the farmers of the valley and the owners of the shops in the old town of Oslo."
)
FORTY_WORDS = ANGERED.replace("Monday", "Monday in heavy rain")


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
    ("one", "written", "odds", "printed"),
    [
        (BRIDGE, FUSED, 4.0, True),
        (BRIDGE, FUSED, -4.0, False),
        (BRIDGE, FUSED.replace("Angela Vos", "Erik Dahl"), 4.0, False),
        (BRIDGE, FUSED.replace("two", "three"), 4.0, False),
        (BRIDGE, "Angela Vos opened the old bridge in Oslo on Monday in heavy rain.", 4.0, False),
        (BRIDGE, FUSED.removesuffix("."), 4.0, False),
        (ANGERED, FORTY_WORDS, 4.0, True),
        (ANGERED.replace("long", "very long"), FORTY_WORDS.replace("long", "very long"), 4.0, False),
    ],
)  # fmt: skip
def test_a_written_sentence_is_printed_if_a_model_finds_that_several_articles_say_it(
    models: Models,
    monkeypatch: pytest.MonkeyPatch,
    one: str,
    written: str,
    odds: float,
    printed: bool,
):
    monkeypatch.setattr(realizer, "can_be_rewritten", lambda fact, context: False)
    asked = Request(articles=outlets(one, RAIN), options=Options(sentences=1))
    writer = Says(written, odds)
    told = writing(models, writer)

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert any(one in prompt and RAIN in prompt for prompt in writer.asked)
    assert (sentence.text == written) == printed
    assert sentence.text in {one, RAIN, written}
    assert (sentence.mode == "abstractive") == printed
    assert any(check.name == "support" for check in sentence.checks) == printed


def test_a_written_sentence_that_tells_another_fact_is_not_printed_in_its_place(models: Models):
    asked = Request(articles=outlets(BRIDGE, RAIN), options=Options(sentences=1))
    apart = Told(lambda report, fact: says("not said" if FUSED in (report, fact) else "part"))
    told = msgspec.structs.replace(models, writer=Says(FUSED), reader=apart)

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert sentence.mode == "extractive"


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


@pytest.mark.parametrize("as_report", [True, False])
def test_what_a_written_sentence_tells_of_a_later_fact_is_not_told_again(
    models: Models, monkeypatch: pytest.MonkeyPatch, as_report: bool
):
    """Whether the other sentence was given as a report of the first fact or as a second fact to tell."""
    both = {0, 2}

    def adding(members: Sequence[int], _: object) -> int | None:
        (other,) = both - {members[0]} if as_report and members[0] in both else (None,)
        return other

    def can_be_joined(fact: int, other: int, _: object) -> bool:
        return not as_report and {fact, other} == both

    monkeypatch.setattr(realizer, "adding", adding)
    monkeypatch.setattr(realizer, "can_be_joined", can_be_joined)
    joined = f"{HARBOUR[:-1]} and all ferries from Bergen to Stavanger were cancelled."
    by_text = Told(lambda report, fact: says("supported" if report == joined else "not said"))
    asked = Request(articles=outlets(HARBOUR, FERRIES), options=Options(sentences=4))
    fused, plain = (
        run(
            asked,
            msgspec.structs.replace(models, writer=writer, reader=by_text),
            MemoryComputationCache(),
            lambda _: None,
        ).sentences
        for writer in (Says(joined, same=9.0), None)
    )

    assert {HARBOUR, FERRIES} <= {each.text for each in plain}
    assert joined in {each.text for each in fused}
    assert not {HARBOUR, FERRIES} & {each.text for each in fused}


def test_the_reports_that_a_fused_sentence_draws_on_are_cited_for_a_part_each(models: Models):
    asked = Request(articles=outlets(BRIDGE, RAIN), options=Options(sentences=1))
    fused, plain = (
        run(asked, writing(models, writer), MemoryComputationCache(), lambda _: None).sentences[0]
        for writer in (Says(FUSED), None)
    )

    assert {(c.article_id, c.role, c.extent) for c in fused.citations} == {
        ("a", "supports", "part"),
        ("b", "supports", "part"),
    }
    assert next((c.role, c.extent) for c in plain.citations) == ("supports", "whole")


def test_what_one_article_tells_is_not_put_in_other_words(models: Models):
    writer = Says("Angela Vos opened the old bridge in Oslo on Monday after two years of work.")
    asked = Request(articles=(Article(id="a", text=BRIDGE),), options=Options(sentences=1))
    told = msgspec.structs.replace(models, writer=writer)

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert sentence.text == BRIDGE
    assert len(writer.asked) == 1, "only the headline is asked for"


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
    asked = Request(articles=outlets(BRIDGE, RAIN), options=Options(sentences=1))
    cut = Says(None)

    made = run(asked, writing(models, cut), MemoryComputationCache(), lambda _: None)

    assert any(BRIDGE in prompt and RAIN in prompt for prompt in cut.asked)
    assert [each.mode for each in made.sentences] == ["extractive"]
    assert made.warnings == ()


def test_a_fact_to_which_no_report_adds_is_told_with_another_fact(
    models: Models, monkeypatch: pytest.MonkeyPatch
):
    tunnel = "Erik Dahl of Bergen has asked the ministry for a new tunnel."
    joined = f"{RAIN[:-1]}, and {tunnel}"
    monkeypatch.setattr(realizer, "adding", lambda members, context: None)
    monkeypatch.setattr(realizer, "can_be_joined", lambda fact, other, _: {fact, other} == {1, 2})
    asked = Request(articles=outlets(BRIDGE, RAIN), options=Options(sentences=2))

    made = run(asked, writing(models, Says(joined)), MemoryComputationCache(), lambda _: None)

    assert joined in {each.text for each in made.sentences}
    assert not {RAIN, tunnel} & {each.text for each in made.sentences}


SHORT = "Angela Vos opened the old bridge in Oslo on Monday after two years of work and long delays that angered the farmers."


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        (SHORT, True),
        (SHORT.replace("two years", "three years"), False),
        (SHORT.replace(" after two years of work and long delays", " after long delays"), True),
        (ANGERED, False),
    ],
)
def test_a_long_sentence_of_one_report_is_told_in_fewer_words(
    models: Models, written: str, printed: bool
):
    """Its amounts have to be told; when it was, and for how long, may be left out."""
    writer = Says(written)
    asked = Request(articles=(Article(id="a", text=ANGERED),), options=Options(sentences=1))
    told = msgspec.structs.replace(models, writer=writer)

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert any(prompt.strip() == f"1. {ANGERED}" for prompt in writer.asked)
    assert (sentence.text == written and sentence.mode == "abstractive") == printed
    assert {each.article_id for each in sentence.citations} == {"a"}


@pytest.mark.parametrize(
    ("written", "odds", "printed"),
    [
        ("Angela Vos opens the old bridge in Oslo", 1.0, True),
        ("Angela Vos opens the old bridge in Oslo", -1.0, False),
        ("Erik Dahl opens the old bridge in Oslo", 4.0, False),
        ("She opens the old bridge in Oslo", 4.0, False),
        (FUSED, 4.0, False),
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


def test_a_sentence_without_a_judgement_is_not_printed(models: Models):
    asked = Request(articles=outlets(BRIDGE, RAIN), options=Options(sentences=1))
    told = writing(models, Says(FUSED, float("nan")))

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert sentence.mode == "extractive"


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
