"""Who a person is, said where the brief first names that person."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.linguistics.person_mentions import (
    Description,
    again,
    descriptions,
    fitting,
    introduced,
    may_be_one,
    people,
    splits,
)
from service.pipeline.run import run
from service.pipeline.types import Article, Options, Request
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import clause


@pytest.mark.parametrize(
    ("text", "words", "before"),
    [
        ("Christina Lee, a spokeswoman for the bank, said so on Monday.",
         "a spokeswoman for the bank", False),
        ("Kremlin spokesman Dmitry Peskov said so on Monday.", "Kremlin spokesman", True),
        ("Ron Tarnowski, 82, was found on Saturday.", "82", False),
        ("Producer Patricia Llewellyn said so on Monday.", "producer", True),
    ],
)  # fmt: skip
def test_a_description_is_read_from_beside_the_name(
    models: Models, text: str, words: str, before: bool
):
    found = descriptions(clause(models, text))

    assert (words, before) in [(each.words, each.before) for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "She said that Kevin Spacey is a sexual predator.",
        "His wife Angela Vos left the town on Monday.",
        "The crowd cheered Harvey Weinstein, the rainmaker, on Monday.",
        "The trip began at 9 A.M. Vos said so.",
        "The hosts Harry Smith and Julie Chen said so on Monday.",
    ],
)
def test_what_somebody_says_or_nobody_else_could_place_is_no_description(models: Models, text: str):
    assert not [each for each in descriptions(clause(models, text)) if each.words]


@pytest.mark.parametrize(
    ("text", "description", "made"),
    [
        ("Peskov said so on Monday.", Description("Dmitry Peskov", "Kremlin spokesman", True),
         "Kremlin spokesman Dmitry Peskov said so on Monday."),
        ("On Monday Mr. Peskov said so.", Description("Dmitry Peskov", "", True),
         "On Monday Dmitry Peskov said so."),
        ("On Monday Christina Lee said so.", Description("Christina Lee", "a lawyer", False),
         "On Monday Christina Lee, a lawyer, said so."),
        ("Lee's friends were charged.", Description("Christina Lee", "", True),
         "Christina Lee's friends were charged."),
        ("The police charged Vos and Lee.", Description("Christina Lee", "", True),
         "The police charged Vos and Christina Lee."),
        ("The police charged Christina Lee.", Description("Christina Lee", "a lawyer", False),
         "The police charged Christina Lee, a lawyer."),
    ],
)  # fmt: skip
def test_the_description_stands_beside_the_full_name(
    models: Models, text: str, description: Description, made: str
):
    parsed = clause(models, text)
    (person,) = [each for each in people(parsed) if each.surname == description.name.split()[-1]]
    assert person.plain if description.words else person.half

    assert introduced(parsed, person, description) == made


def test_a_last_name_of_two_people_is_neither(models: Models):
    (person,) = people(clause(models, "Trump spoke in Oslo."))
    known = [(0, Description("Donald Trump", "President", True)),
             (1, Description("Ivanka Trump", "an adviser", False))]  # fmt: skip

    assert fitting(person, known, lambda i: i, 0) == []
    assert fitting(person, known[:1], lambda i: i, 0) == known[:1]


def test_a_last_name_is_whom_its_own_article_and_most_others_name(models: Models):
    (person,) = people(clause(models, "Trump spoke in Oslo."))
    known = [(0, Description("Donald Trump", "President", True)), (1, Description("Donald Trump", "", True)),
             (2, Description("Ivanka Trump", "an adviser", False))]  # fmt: skip

    assert fitting(person, known, lambda i: i, 0) == known[:2]
    assert fitting(person, known, lambda i: i, 2) == []


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Mayor Angela Dahl, a teacher, said so.", "Dahl said so."),
        ("The town heard Angela Dahl, a teacher.", "The town heard Dahl."),
        ("The town heard Angela Dahl, a swimmer.", "The town heard Angela Dahl, a swimmer."),
        ("Erik Dahl said so on Monday.", "Erik Dahl said so on Monday."),
        ("Angela Dahl and Erik Dahl said so.", "Angela Dahl and Erik Dahl said so."),
        ('"Angela Dahl must go," said Erik Vos.', '"Angela Dahl must go," said Erik Vos.'),
    ],
)
def test_who_was_introduced_is_named_by_the_last_name(models: Models, text: str, made: str):
    assert again(clause(models, text), {"Dahl": "Angela"}, {"mayor", "teacher"}) == made


def test_a_name_of_more_than_two_parts_is_not_split():
    assert splits("Frances", "Bean", "He married Frances Bean Cobain.")
    assert splits("Abu", "Salim", "Inmates at Abu Salim revolted.")
    assert not splits("Steve", "Dahl", "Steve Dahl said so.")


def test_the_brief_names_in_full_whom_another_article_describes(models: Models):
    board = "Norhaven lost 40 million crowns in a week, its board told investors on Monday."
    losses = "Lee said the losses would be covered by the reserves of the Norhaven group."
    heard = (
        "Investors of the bank Norhaven heard on Monday that 40 million crowns are gone in a week."
    )
    lee = "Who could have known, asked Christina Lee, a spokeswoman for the bank, on Monday?"
    articles = (Article(id="0", text=f"{board} {losses}"), Article(id="1", text=f"{heard} {lee}"))
    request = Request(articles=articles, options=Options(sentences=4))

    brief = run(request, models, MemoryComputationCache(), lambda _: None)

    (said,) = [each for each in brief.sentences if "covered" in each.text]
    assert said.text.startswith("Christina Lee, a spokeswoman for the bank, said the losses")
    assert {c.article_id for c in said.citations if c.role == "supports"} == {"0", "1"}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Zelensky", "Volodymyr Zelenskyy"),
        ("Muammar Gaddafi", "Moammar Qaddafi"),
        ("M\u00fcller", "Mueller"),
        ("Recep Tayyip Erdo\u011fan", "Erdogan"),
        ("J. Smith", "John Smith"),
        ("Xi Jinping", "Jinping Xi"),
        ("Alexei Navalny", "Aleksey Navalnyj"),
        ("Mohammed bin Salman", "Muhammad bin Salman"),
        ("Prime Minister", "Karin Holm"),
        ("President Hala", "Petra Hala"),
    ],
)
def test_one_person_is_spelled_in_many_ways(a: str, b: str) -> None:
    assert may_be_one(a, b)
    assert may_be_one(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Maria Delgado", "Pedro Delgado"),
        ("Tom Brown", "Tim Brown"),
        ("Omar Bakari", "Idris Bakari"),
        ("Anton Rusk", "Christa Nohl"),
        ("Leitner", "Mona Teller"),
        ("Mayor Petra Hala", "Governor Milan Dvorak"),
        ("Merkel", "Macron"),
        ("Kim", "Lee"),
        ("Yeltsin", "Putin"),
        ("J. Smith", "Karen Smith"),
    ],
)
def test_two_persons_are_not_one(a: str, b: str) -> None:
    assert not may_be_one(a, b)
    assert not may_be_one(b, a)
