"""Two briefs compared, sentence by sentence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.pipeline.diff import Changes, Side, changes
from service.pipeline.types import BriefSentence, Citation


def said(text: str, *articles: str, start: int = 0, status: str = "supported") -> BriefSentence:
    citations = tuple(
        Citation(
            article_id=each, start=start, end=start + 9, quote=text[:9], role="supports", score=1
        )
        for each in articles
    )
    return BriefSentence(
        id="s", text=text, start=0, end=len(text), mode="extractive", status=status,  # type: ignore[arg-type]
        checks=(), origins=1, citations=citations,
    )  # fmt: skip


def told(*sentences: BriefSentence, **hashes: str) -> Side:
    return Side(sentences, hashes)


def causes(found: Changes) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (kind, each.cause, each.articles)
        for kind in ("added", "changed", "dropped")
        for each in getattr(found, kind)
    ]


def test_what_only_a_new_article_says_is_added_because_of_it():
    before = told(said("Talks resumed.", "a"), a="1")
    after = told(said("Talks resumed.", "a"), said("Oil fell.", "b"), a="1", b="2")

    found = changes(before, after)

    assert causes(found) == [("added", "new-article", ("b",))]
    assert [each.after.text for each in found.kept] == ["Talks resumed."]


def test_a_corrected_article_is_the_cause_of_what_it_changes():
    before = told(said("The fire killed 12 people in Lombok.", "a"), a="1")
    after = told(said("The fire killed 14 people in Lombok.", "a"), a="2")

    assert causes(changes(before, after)) == [("changed", "corrected-article", ("a",))]


def test_what_only_a_withdrawn_article_said_is_dropped_because_of_it():
    before = told(said("Talks resumed.", "a"), said("Oil fell.", "b"), a="1", b="2")
    after = told(said("Talks resumed.", "a"), a="1")

    assert causes(changes(before, after)) == [("dropped", "withdrawn-article", ("b",))]


def test_another_number_is_a_new_figure():
    before = told(said("The fire killed 12 people in Lombok.", "a"), a="1")
    after = told(said("The fire killed 14 people in Lombok.", "b"), a="1", b="2")

    assert causes(changes(before, after)) == [("changed", "new-figure", ("b",))]


def test_a_dispute_that_was_not_shown_is_a_new_figure():
    before = told(said("The fire killed 12 people.", "a"), a="1")
    after = told(
        said("The fire killed 12 people; a later report says 14.", "a", "b", status="conflicted"),
        a="1", b="2",
    )  # fmt: skip

    assert causes(changes(before, after)) == [("changed", "new-figure", ("b",))]


def test_the_same_articles_told_otherwise_are_reselected():
    before = told(said("Envoys met on Monday in the old town.", "a"), a="1")
    after = told(said("Envoys met on Monday.", "a"), said("Oil fell.", "a", start=50), a="1")

    assert causes(changes(before, after)) == [
        ("added", "reselected", ()),
        ("changed", "reselected", ()),
    ]


def test_an_article_under_another_id_is_no_new_article():
    before, after = told(said("Oil fell.", "a"), a="1"), told(said("Prices rose.", "b"), b="1")

    assert {each[1] for each in causes(changes(before, after))} == {"reselected"}


WORDS = st.lists(
    st.sampled_from("talks oil envoys fell rose 12 14 met".split()), min_size=1, max_size=6
)
SENTENCES = st.builds(
    lambda words, article, start: said(" ".join(words), article, start=start),
    WORDS, st.sampled_from("abc"), st.integers(0, 3),
)  # fmt: skip
TELLINGS = st.builds(
    lambda sentences, hashes: Side(tuple(sentences), dict(zip("abc", hashes, strict=True))),
    st.lists(SENTENCES, max_size=7),
    st.lists(st.sampled_from("123"), min_size=3, max_size=3),
)


@given(TELLINGS)
def test_nothing_changed_since_itself(telling: Side):
    found = changes(telling, telling)

    assert causes(found) == []
    assert [each.after for each in found.kept] == list(telling.sentences)


@given(TELLINGS, TELLINGS)
def test_every_sentence_of_either_brief_stands_exactly_once(before: Side, after: Side):
    found = changes(before, after)
    every = [*found.added, *found.changed, *found.dropped, *found.kept]

    old = [id(each.before) for each in every if each.before is not None]
    new = [id(each.after) for each in every if each.after is not None]
    assert sorted(old) == sorted(map(id, before.sentences))
    assert sorted(new) == sorted(map(id, after.sentences))
