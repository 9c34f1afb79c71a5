"""What is printed, and in which order."""

from __future__ import annotations

import msgspec
import numpy as np

from service.pipeline.intermediate import PlannedSentence
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.selection.ordering import select_and_order
from service.pipeline.types import Options, Sentence


def written(
    text: str,
    rank: int,
    article_position: float,
    presupposed: str | None,
    *mentioned: str,
    follows: int | None = None,
    at: tuple[int, int] | None = None,
) -> PlannedSentence:
    article, position = at or (rank, 0)
    return PlannedSentence(
        text=text, mode="extractive", status="supported", checks=(), origins=1, citations=(), support=(),
        rank=rank, article_position=article_position, lead_score=-rank, sentence=Sentence(article, 0, len(text), text, position, 0),
        vector=np.zeros(2, dtype=np.float32), parsed=ParsedSentence(text, ()),
        presupposed_nouns=frozenset(filter(None, [presupposed])),
        introduced_nouns=frozenset(mentioned), follows_rank=follows,
    )  # fmt: skip


def test_what_leans_on_a_sentence_is_read_right_behind_it_or_withheld():
    vos = written("Vos won the vote.", 0, 0.1, None)
    rain = written("It rained in Oslo.", 1, 0.2, None)
    she = written("She thanked her voters.", 2, 0.9, None, follows=0)
    stray = written("They were lost.", 3, 0.3, None, follows=9)
    calm = written("Bergen is calm.", 4, 0.4, None)

    printed, withheld = select_and_order([vos, rain, she, stray, calm], Options(sentences=4))

    assert [each.text for each in printed] == [vos.text, she.text, rain.text, calm.text]
    assert [each.text for each in withheld] == [stray.text]
    assert "leans on" in withheld[0].detail


def test_a_known_thing_follows_its_mention_and_is_withheld_without_one():
    talks = written("Talks were held in Oslo.", 1, 0.9, None, "talk")
    long = written("The talks were long.", 0, 0.1, "talk")
    stray = written("The ship sank.", 2, 0.5, "ship")
    plain = written("Oslo is calm.", 3, 0.2, None)

    printed, withheld = select_and_order([long, talks, stray, plain], Options(sentences=3))

    assert [each.text for each in printed] == [talks.text, long.text, plain.text]
    assert [each.text for each in withheld] == [stray.text]
    assert "ship" in withheld[0].detail


def test_what_goes_on_from_a_sentence_of_its_article_stands_behind_it_and_nothing_before_it():
    vos = written("Vos spoke in Bergen.", 0, 0.1, None, at=(0, 0))
    rain = written("It rained in Oslo.", 1, 0.4, None, at=(1, 4))
    late = written("\u201cThe ferry was late,\u201d Vos said.", 2, 0.6, None, at=(0, 3))
    early = written("Oslo is calm.", 3, 0.5, None, at=(1, 1))

    printed, _ = select_and_order([vos, rain, late, early], Options(sentences=4))

    assert [each.text for each in printed] == [vos.text, late.text, early.text, rain.text]


def test_what_is_worth_most_as_the_first_opens_the_brief_if_it_takes_nothing_as_known():
    rain = written("It rained in Oslo.", 0, 0.1, None)
    talks = msgspec.structs.replace(written("Talks were held.", 1, 0.9, None, "talk"), lead_score=5)
    long = msgspec.structs.replace(written("The talks were long.", 2, 0.1, "talk"), lead_score=9)

    printed, _ = select_and_order([rain, talks, long], Options(sentences=3))

    assert [each.text for each in printed] == [talks.text, rain.text, long.text]
