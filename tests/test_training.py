"""What the writer is trained on, before a model sees it."""

from __future__ import annotations

import pytest

from training.writer import examples, pack


def test_what_begins_alike_is_read_once():
    made = pack(
        [
            ([1, 2, 3, 9, 5, 8], [slice(3, 4), slice(5, 6)]),
            ([1, 2, 3, 7], [slice(3, 4)]),
            ([1, 4, 3, 9], [slice(2, 4)]),
        ],
        "fuse",
    )

    assert made.ids == [1, 2, 3, 9, 5, 8, 7, 4, 3, 9]
    assert made.positions == [0, 1, 2, 3, 4, 5, 3, 1, 2, 3]
    assert made.parents == [-1, 0, 1, 2, 3, 4, 2, 0, 7, 8]
    answers = [[made.ids[i] for i in each] for each in made.answers]
    assert answers == [[3, 9], [5, 8], [3, 7], [4, 3, 9]], "each behind the token before it"


def test_the_best_sentence_is_learnt_and_all_are_checked():
    row = {
        "kind": "same",
        "reports": [{"text": "Rain fell.", "before": ""}],
        "right": ["It rained.", "Rain fell."],
        "wrong": [{"text": "Rain rose.", "fault": "opposite"}],
    }

    def found(kind: str) -> list[tuple[str, str, str, bool]]:
        made = examples({**row, "kind": kind})
        return [(each.prompt, each.answer, each.verdict, each.learnt) for each in made]

    checked = [("fuse", "Rain fell.", "Yes", False), ("fuse", "Rain rose.", "No", False)]
    assert found("same") == [("fuse", "It rained.", "Yes", True), *checked]
    for kind in ("written", "apart"):
        assert found(kind) == [("fuse", "It rained.", "Yes", False), *checked]
    assert [each[0] for each in found("headline")] == ["headline"] * 3


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("supported", "Yes"), ("part", "Yes"), ("contradicted", "No"), ("not said", "No")],
)
def test_a_labelled_pair_is_judged_in_its_direction(kind: str, answer: str):
    (made,) = examples({"evidence": "Rain fell.", "claim": "It rained.", "kind": kind})

    assert made.prompt == "same_fact"
    assert made.inputs == {"fact": "It rained.", "report": "Rain fell."}
    assert made.answer == answer
