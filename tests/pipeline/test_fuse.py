"""Two supported sentences as one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service.models.base import Models
from service.pipeline.brief import Written
from service.pipeline.fuse import fuse
from service.pipeline.syntax import Clause
from service.pipeline.types import Check, Citation


def parser(models: Models) -> Callable[[str], Clause]:
    return lambda text: Clause(text, models.parser.parse([text])[0])


def whole(each: Written) -> list[Written]:
    return [each]


def told(models: Models, rank: int, article: str, text: str, **changed: object) -> Written:
    cited = Citation(
        article_id=article, start=0, end=len(text), quote=text, role="supports", score=1.0
    )
    fields: dict[str, object] = {
        "text": text, "mode": "extractive", "status": "supported",
        "checks": (Check("names", True),), "origins": 1, "citations": (cited,), "rank": rank,
        "place": 0.0, "clause": Clause(text, models.parser.parse([text])[0]), "needs": None,
        "mentions": frozenset(), "support": (rank,),
    }  # fmt: skip
    return Written(**(fields | changed))  # type: ignore[arg-type]


def test_two_facts_are_joined_on_the_evidence_of_both(models: Models):
    one = told(models, 0, "a", "The river rose by four metres.")
    two = told(models, 1, "b", "The sirens stayed silent.")

    (both,) = fuse([one, two], [(0, 1)], whole, parser(models))

    assert both.text == "The river rose by four metres, and the sirens stayed silent."
    assert {each.article_id for each in both.citations} == {"a", "b"}
    assert both.mode == "abstractive"


def test_what_is_reported_comes_last_but_never_the_lead(models: Models):
    one = told(models, 1, "a", "Police said the road was icy.")
    two = told(models, 2, "b", "The driver survived.")
    lead = told(models, 0, "a", "Police said the road was icy.")

    (both,) = fuse([one, two], [(1, 2)], whole, parser(models))

    assert both.text == both.clause.text == "The driver survived, and police said the road was icy."
    assert fuse([lead, two], [(0, 2)], whole, parser(models)) == [lead, two]


def test_a_shorter_form_is_joined_where_the_whole_is_too_long(models: Models):
    one = told(models, 0, "a", "The river rose by four metres.")
    short = told(models, 1, "b", "The sirens stayed silent.")
    long = told(models, 1, "b", f"The sirens of {'the old town and ' * 8}the port stayed silent.")

    (both,) = fuse(
        [one, long],
        [(0, 1)],
        lambda each: [each, short] if each is long else [each],
        parser(models),
    )

    assert both.text == "The river rose by four metres, and the sirens stayed silent."


def test_two_facts_of_one_subject_share_it(models: Models):
    one = told(models, 0, "a", "The couple was married for 59 years.")
    two = told(models, 1, "b", "The couple had been seen near a shop on Saturday.")

    (both,) = fuse([one, two], [(0, 1)], whole, parser(models))

    assert both.text == (
        "The couple was married for 59 years and had been seen near a shop on Saturday."
    )


@pytest.mark.parametrize(
    ("article", "text", "changed"),
    [
        ("a", "The sirens stayed silent.", {}),
        ("b", "\u201cWe heard nothing,\u201d Benno Stirland said.", {}),
        ("b", "The sirens stayed silent.", {"status": "conflicted"}),
        ("b", "The sirens stayed silent.", {"fixed": True}),
        ("b", "The sirens, however, stayed silent.", {}),
        ("b", "The sirens of the town " + "and of the villages around it " * 5 + "stayed silent.", {}),
    ],
)  # fmt: skip
def test_one_article_quotations_disputes_and_long_sentences_stay_apart(
    models: Models, article: str, text: str, changed: dict[str, object]
):
    one = told(models, 0, "a", "The river rose by four metres.")
    two = told(models, 1, article, text, **changed)

    assert fuse([one, two], [(0, 1)], whole, parser(models)) == [one, two]
