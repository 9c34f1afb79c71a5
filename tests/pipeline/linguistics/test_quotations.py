"""Whose words a quotation's sentences are: named from its own paragraph, or not printed."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.linguistics.quotations import marks, mostly_quoted
from service.pipeline.run import run
from service.pipeline.types import Article, Request
from service.store.computation_cache import MemoryComputationCache


def reader(models: Models, text: str, *, verbatim: bool = False) -> tuple[SourceReader, list[str]]:
    sources = ingest([Article(id="a", text=text)], frozenset({"en"}))
    sentences = split_sentences(sources)
    return SourceReader(models.parser, sources, sentences, extractive=verbatim), [
        s.text for s in sentences
    ]


@pytest.mark.parametrize(
    ("text", "index", "reads", "told_by"),
    [
        # Behind a quotation that names its speaker.
        ('"The ferry was late," Angela Vos told reporters. "The company must pay for the delay."', 1,
         '"The company must pay for the delay," Angela Vos told reporters.', (0,)),
        # The first and a middle sentence of one that names the speaker at its end.
        ('"The ferry was late. The company must pay for it. We will go to court," said Angela Vos.', 0,
         '"The ferry was late," Angela Vos said.', (2, 1)),
        ('"The ferry was late. The company must pay for it. We will go to court," said Angela Vos.', 1,
         '"The company must pay for it," Angela Vos said.', (2,)),
        # One that opens behind its speaker.
        ("Angela Vos said: \u201cThe ferry was late. The company must pay for it.\u201d", 1,
         "\u201cThe company must pay for it,\u201d Angela Vos said.", (0,)),
        # A speaker who is "she" there is named by the sentence before.
        ('Angela Vos was angry on Monday. "The ferry was late," she said. "Bergen must have a bridge."', 2,
         '"Bergen must have a bridge," Angela Vos said.', (1, 0)),
        ('"The ferry was late," Angela Vos said. "Bergen needs a bridge now!"', 1,
         '"Bergen needs a bridge now!" Angela Vos said.', (0,)),
        ('"The ferry was late," the ministry said. "Bergen will get a bridge."', 1,
         '"Bergen will get a bridge," the ministry said.', (0,)),
        # What is quoted between the two is cited with them.
        ('"The ferry was late," Angela Vos said. "Bergen waited for it. The company must pay for it."', 2,
         '"The company must pay for it," Angela Vos said.', (0, 1)),
        ('"The ferry was late," Angela Vos said. "Bergen must have a bridge ..."', 1,
         '"Bergen must have a bridge ...," Angela Vos said.', (0,)),
    ],
)  # fmt: skip
def test_the_speaker_of_a_quotations_sentence_is_named(
    models: Models, text: str, index: int, reads: str, told_by: tuple[int, ...]
):
    read, sentences = reader(models, text)
    reading = read.decontextualized(index)

    assert reading.parsed.text == reads
    assert reading.antecedents == told_by
    assert read.is_standalone(index)
    assert reading.source_offset(0) == 0
    assert reading.source_offset(len(reads)) == len(sentences[index])


@pytest.mark.parametrize(
    "text",
    [
        # Nobody is named; two are; another paragraph's speaker; one who did not say it.
        '"The ferry was late," he said. "The company must pay for the delay."',
        '"The ferry was late," Vos said, but Dahl added "it came." "The company must pay for it."',
        '"The ferry was late," Angela Vos said.\n\n"The company must pay for the delay."',
        '"The ferry was late," Angela Vos did not say. "The company must pay for the delay."',
        'Angela Vos waited for the ferry. "The company must pay for the delay."',
        # The sentence before speaks of somebody else as well, who may go on.
        'Tom Leitner said "the ferry is safe", but Mona Teller countered. "The company must pay for it."',
        'Tom Leitner said "the ferry is safe" while Mona Teller disagreed. "The company must pay for it."',
        'Tom Leitner told Mona Teller "the ferry is safe", and she laughed. "The company must pay for it."',
        '"The ferry is safe," said Tom Leitner, whom the mayor had called. The mayor shook. "It must go."',
        '"The ferry is safe," said engineer Tom Leitner. Mona Teller shook her head. "The company must pay."',
        'Mona Teller was there when Tom Leitner said "it is safe". "The company must pay for the delay."',
        'As Tom Leitner said "it is safe", the minister left. "The company must pay for the delay."',
    ],
)
def test_words_that_may_be_anothers_are_not_printed(models: Models, text: str):
    read, sentences = reader(models, text)

    assert not read.is_standalone(len(sentences) - 1)


@pytest.mark.parametrize(
    "text",
    [
        "PT: Isn't that good for Bergen? The ferry has been late for years.",
        "Angela Vos met the press.\n\nPT: Is it late? DAHL: It is. The ferry has been late for years.",
    ],
)
def test_a_line_of_an_interview_is_never_told_as_fact(models: Models, text: str):
    _, sentences = reader(models, text)

    assert "The ferry has been late for years." not in sentences


@pytest.mark.parametrize("verbatim", [False, True])
def test_the_middle_of_a_quotation_is_never_told_as_fact(models: Models, verbatim: bool):
    text = "\u201cThe minister knew. The company lied to Bergen for years. It is over.\u201d"
    read, _ = reader(models, f"Somebody wrote on the wall: {text}", verbatim=verbatim)

    assert not read.is_standalone(1)


def test_a_height_is_no_quotation(models: Models):
    read, _ = reader(models, "Carlie Trent is 4'8\" tall and has blonde hair and blue eyes.")

    assert read.text(0).startswith("Carlie")


def test_what_stands_behind_a_quotation_is_no_part_of_it(models: Models):
    read, _ = reader(models, 'Vos is 6\'2" tall. The ferry to Bergen was late. "It was," Vos said.')

    assert read.is_standalone(1)
    assert read.text(1) == "The ferry to Bergen was late."


@pytest.mark.parametrize("words", ["It is over", "But the ferry is late", "That was a mistake"])
def test_a_quotation_needs_something_that_it_speaks_of(models: Models, words: str):
    read, _ = reader(models, f'"{words}," Angela Vos told reporters in Bergen on Monday.')

    assert not read.is_standalone(0)


@pytest.mark.parametrize(
    ("text", "stands"),
    [
        (
            "Maria Olgin died in Oslo. Mario Olgin came on Monday. Olgin thanked the police in the north of Norway.",
            False,
        ),
        (
            "Maria Olgin died in Oslo. Maria Olgin was 19. Mario Olgin came. Olgin was a pilot in the north of Norway.",
            True,
        ),
        (
            "Maria Olgin died in Oslo. Her friends came on Monday. Olgin was a pilot in the north of Norway.",
            True,
        ),
        (
            "Maria Olgin died in Oslo. Mario Olgin came. Mario Olgin said Olgin was a pilot in the north of Norway.",
            True,
        ),
    ],
)
def test_a_last_name_that_two_people_bear_does_not_stand_alone(
    models: Models, text: str, stands: bool
):
    read, sentences = reader(models, text)

    assert read.is_standalone(len(sentences) - 1) == stands


@pytest.mark.parametrize(
    ("text", "quoted", "missing"),
    [
        ("It is late,\u201d he said.", "", ("\u201c", "")),
        ('It is late," he said.', '"', ('"', "")),
        ("\u201cIt is late,\u201d he said.", "", ("", "")),
        ("\u201cIt is late.", "", ("", "\u201d")),
        ('He said "it is late.', "", ("", '"')),
        ("It is late.", "\u201c", ("\u201c", "\u201d")),
        ("It is late.", "", ("", "")),
    ],
)
def test_the_marks_that_only_its_neighbours_have_are_added(
    text: str, quoted: str, missing: tuple[str, str]
):
    assert marks(text, quoted) == missing


def test_a_quotation_and_what_names_its_speaker_are_one_passage(models: Models):
    said = '"The ferry to Bergen was late on every day of the year," Angela Vos told reporters on Monday.'
    more = '"Bergen must have a bridge before another year of this is over."'
    article = Article(id="a", text=f"{said} {more}")

    brief = run(Request(articles=(article,)), models, MemoryComputationCache(), lambda _: None)

    (cited,) = next(each for each in brief.sentences if "bridge" in each.text).citations
    assert cited.quote == article.text


def test_who_is_named_in_full_is_still_cited_saying_it(models: Models):
    quoted = (
        '"It will take a long time," Dahl said. "Bergen must have another ship for the search."'
    )
    named = "That was all they had, Angus Dahl, the head of the search in Bergen, said on Monday."
    article = Article(id="a", text=f"{quoted}\n\n{named}")

    (said,) = run(
        Request(articles=(article,)), models, MemoryComputationCache(), lambda _: None
    ).sentences

    assert said.text.startswith('"Bergen must have another ship for the search,"')
    assert any(each.quote == quoted for each in said.citations)


@pytest.mark.parametrize(
    ("text", "mostly"),
    [
        ('"You can\u2019t let nobody see you do that," the man said.', True),
        ('The company called the behavior "inexcusable" and fired ten people.', False),
        ("Talks resumed on Monday.", False),
    ],
)
def test_a_sentence_is_mostly_quoted_from_half_its_characters_on(text: str, mostly: bool):
    assert mostly_quoted(text) == mostly
