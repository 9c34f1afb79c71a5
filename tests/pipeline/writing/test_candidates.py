"""Where a sentence written from several reports takes the place of the source's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import pytest

from service.errors import WriterUnavailable
from service.models.base import Models, Prompt
from service.pipeline.run import run
from service.pipeline.types import Article, Options, Request
from service.pipeline.writing import candidates, realizer
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import Told, always, says


class Says:
    """A writer that always says the same."""

    fingerprint = "says"
    judges = False
    concurrency = 8
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
RAIN = "The old bridge in Oslo was opened by Angela Vos on Monday in heavy rain."
FUSED = "Angela Vos opened the old bridge in Oslo on Monday in heavy rain after two years of work and long delays."
HARBOUR = "The harbour of Bergen was closed on Tuesday because of a strong storm."
FERRIES = "All ferries from Bergen to Stavanger were cancelled on Tuesday."
MILL = "Angela Vos said in Oslo that the Camp Fire had hit the old mill hard this year."
SCHOOL = "The Camp Fire hit the old mill and the primary school, Angela Vos said."
FAMILY = (
    "Angela Vos will welcome a little one to the family in Oslo, but it is not a baby this time."
)
MAY = "Angela Vos and her husband will welcome a little one to the family in Oslo in May."
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
    ("one", "other", "written", "printed"),
    [
        (BRIDGE, RAIN, FUSED, True),
        (BRIDGE, RAIN, FUSED.replace("Angela Vos", "Erik Dahl"), False),
        (BRIDGE, RAIN, FUSED.replace("two", "three"), False),
        (BRIDGE, RAIN, "Angela Vos opened the old bridge in Oslo on Monday in heavy rain.", False),
        (BRIDGE, RAIN, "Angela Vos opened the old bridge in heavy rain after long delays.", False),
        (MILL, SCHOOL, "Angela Vos said in Oslo that the Camp Fire had hit the old mill and the primary school hard this year.", True),
        (MILL, SCHOOL, "The Camp Fire had hit the primary school hard this year, Angela Vos said.", False),
        (FAMILY, MAY, FAMILY.replace("in Oslo", "in Oslo in May"), True),
        (FAMILY, MAY, "Angela Vos will welcome a little one to the family in Oslo in May this time.", False),
        (ANGERED, RAIN, FORTY_WORDS, True),
        (ANGERED.replace("long", "very long"), RAIN, FORTY_WORDS.replace("long", "very long"), False),
    ],
)  # fmt: skip
def test_a_written_sentence_is_printed_if_it_tells_what_several_articles_do_and_nothing_else(
    models: Models, one: str, other: str, written: str, printed: bool
):
    asked = Request(articles=outlets(one, other), options=Options(sentences=1))
    writer = Says(written)
    told = writing(models, writer)

    (sentence,) = run(asked, told, MemoryComputationCache(), lambda _: None).sentences

    assert any(one in prompt and other in prompt for prompt in writer.asked)
    assert (sentence.text == written) == printed
    assert sentence.text in {one, other, written}
    assert (sentence.mode == "abstractive") == printed


def test_what_a_written_sentence_tells_of_a_later_fact_is_not_told_again(
    models: Models, monkeypatch: pytest.MonkeyPatch
):
    both = (0, 2)
    monkeypatch.setattr(
        realizer, "evidence", lambda group, context: both if group.members[0] in both else ()
    )
    monkeypatch.setattr(candidates.CandidateSelector, "_is_printable", lambda self, found: True)
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
        for writer in (Says(joined), None)
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
