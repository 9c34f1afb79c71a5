"""Whom "he" names: only where a reader could not take it otherwise."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.decontextualization.coreference import antecedent
from service.pipeline.linguistics.parse import ParsedSentence


def named(models: Models, before: list[str], text: str) -> str | None:
    clauses = [ParsedSentence(each, parse) for each, parse in
               zip([*before, text], models.parser.parse([*before, text]), strict=True)]  # fmt: skip
    found = antecedent(clauses[-1], reversed(clauses[:-1]))
    return found and text[: found.start] + found.name + text[found.end :]


@pytest.mark.parametrize(
    ("before", "text", "reads"),
    [
        (["Angus Houston led the search on Monday."], "He said the signals had stopped.",
         "Angus Houston said the signals had stopped."),
        (["Angus Houston led the search on Monday.", "He spoke in Perth."],
         "He said the signals had stopped.", "Angus Houston said the signals had stopped."),
        (["Maria Weber left the company in May."], "Her lawyer declined to comment.",
         "Maria Weber\u2019s lawyer declined to comment."),
    ],
)  # fmt: skip
def test_the_subject_of_the_sentence_before_is_named(
    models: Models, before: list[str], text: str, reads: str
):
    assert named(models, before, text) == reads


@pytest.mark.parametrize(
    ("before", "text"),
    [
        (["Angus Houston met John Baker on Monday."], "He said the signals had stopped."),
        (["Angus Houston spoke to the victim's husband."], "He said the signals had stopped."),
        (["The search went on."], "He said the signals had stopped."),
        (["Mr. Houston led the search."], "She said the signals had stopped."),
        (["Angus Houston led the search."], "\u201cHe knows,\u201d John Baker said."),
        (["Angus Houston led the search."], "John Baker said he was tired."),
        ([], "He said the signals had stopped."),
    ],
)
def test_what_could_be_another_stays_a_pronoun(models: Models, before: list[str], text: str):
    assert named(models, before, text) is None
