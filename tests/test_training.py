"""What the writer is trained on, before a model sees it."""

from __future__ import annotations

import pytest

from training.writer import examples, pack


def test_examples_that_begin_alike_are_read_once():
    made = pack([([1, 2, 3, 4], [9]), ([1, 2, 5], [8, 7])], "fuse")

    assert made.ids == [1, 2, 3, 4, 9, 5, 8, 7]
    assert made.positions == [0, 1, 2, 3, 4, 2, 3, 4]
    assert made.owners == [-1, -1, 0, 0, 0, 1, 1, 1]
    assert [made.ids[each] for each in made.answers] == [[9], [8, 7]]


def test_a_prompt_keeps_a_token_of_its_own_where_all_are_alike():
    made = pack([([1, 2], [9]), ([1, 2], [8])], "fuse")

    assert made.ids == [1, 2, 9, 2, 8]
    assert made.positions == [0, 1, 2, 1, 2]


def test_the_best_sentence_is_written_and_all_are_judged():
    row = {
        "kind": "same",
        "reports": [{"text": "Rain fell.", "before": ""}],
        "right": ["It rained.", "Rain fell."],
        "wrong": [{"text": "Rain rose.", "fault": "opposite"}],
    }

    asked = [(each.prompt, each.inputs.get("sentence"), each.answer) for each in examples(row)]

    judged = [
        ("support", "It rained.", "Yes"),
        ("support", "Rain fell.", "Yes"),
        ("support", "Rain rose.", "No"),
    ]
    assert asked == [("fuse", None, "It rained."), *judged]
    for kind in ("written", "apart"):
        assert [each.prompt for each in examples({**row, "kind": kind})] == ["support"] * 3


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("supported", "Yes"), ("part", "Yes"), ("contradicted", "No"), ("not said", "No")],
)
def test_a_labelled_pair_is_judged_in_its_direction(kind: str, answer: str):
    (made,) = examples({"evidence": "Rain fell.", "claim": "It rained.", "kind": kind})

    assert made.prompt == "same_fact"
    assert made.inputs == {"fact": "It rained.", "report": "Rain fell."}
    assert made.answer == answer
