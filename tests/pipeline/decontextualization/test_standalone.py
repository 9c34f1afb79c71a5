"""Which sentences can be read without the one before."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.models.base import Models
from service.pipeline.decontextualization.standalone import (
    Preceding,
    introduced_nouns,
    is_readable_after,
    is_standalone,
    preceding,
    presupposed_nouns,
)
from tests.pipeline.tiny import clause


@pytest.mark.parametrize(
    "sentence",
    [
        "He met the envoy in Moscow on Tuesday.",
        "This was the first meeting of the two men in May.",
        "\u201cWe will not yield to any of that,\u201d he said in Moscow.",
        "What happens next in Moscow?",
        "In Moscow on Tuesday after the talks.",
        "Two days later the council in Oslo approved the plan.",
        "When officials in Oslo opened the box, though, they found a painting.",
        "Hand Grips Clinically Proven Beneficial for Prevention of Injuries.",
        "The next day, the painting arrived at the port of Newark.",
        "Russia will take the rest of the region, Putin said days earlier.",
        "Authorities sent Paul Cole there after police shot him.",
        "holding a loan in Oslo is hard for more than three months.",
        "When she returned, Maria and Johnny were gone.",
        "'Timecard' App Tracks Workers BAKERSFIELD, Calif. (CN) - A company fired an employee.",
        "BP BP., +0.88% Chairman Dana Olgin defended the pay package of the company in Oslo on Monday.",
        "EMBED More News Videos First look at the replacement for the aging prison in Oslo.",
        "VOS: Tomorrow they will say that Angela Vos rants at the press.",
        "The museum in Oslo acquired the fossil from Jan.",
        "Similar feathers were found on the tail of the older species28.",
        "Excavation was undertaken within the rock shelter in Oslo (Fig. 1a).",
    ],
)
def test_a_sentence_that_hangs_on_another_cannot_stand(models: Models, sentence: str):
    assert not is_standalone(clause(models, sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "In this Tuesday, Nov. 10, 2009 file photo Mikhail Kalashnikov attends festivities at the Kremlin.",
        "FILE - Angela Vos speaks to reporters after the vote in Oslo.",
        "An illustration of the dinosaur Caihong juji is shown in this October 31, 2016 photo.",
        "Angela Vos gives her opening statement in a hearing before the House committee on...",
        "Angela Vos speaks during a news conference, Thursday, Feb. 16, 2017, in Oslo.",
    ],
)
def test_a_caption_is_not_news(models: Models, sentence: str):
    assert not is_standalone(clause(models, sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "There were 20 people on board the ferry.",
        "Some 200 people were killed in Oslo on Monday.",
        "One of the dead was a teacher from Bergen.",
        "This week the parliament in Oslo votes on the plan.",
        "What began as a vigil in Oslo turned violent.",
        "As he fled the house, Breiner wounded another deputy.",
        "The parliament in Oslo passed the plan and the next day the minister left.",
        "The house in Oslo burned down while Angela Vos was there.",
        "When she returned, Maria was gone for good.",
        "Someone in Bergen thought he had made a fair amount of money.",
        "On Thursday, Feb. 16, 2017, Angela Vos resigned in Oslo.",
        "Revenue in May was up six percent from a year earlier.",
    ],
)
def test_an_opening_that_points_to_nothing_before_it_may_stand(models: Models, sentence: str):
    assert is_standalone(clause(models, sentence))


def test_he_needs_one_person_before_it(models: Models):
    for sentence in ("Authorities say he targeted guards.", "The company said he had left."):
        assert not is_standalone(clause(models, sentence))
    assert is_standalone(clause(models, "The teacher said he had left the school."))


def test_a_sentence_follows_one_that_has_whom_it_means(models: Models):
    she = clause(models, "She was flown to the clinic on Monday.")

    assert is_readable_after(she, clause(models, "Angela Vos fell ill in Oslo."))
    assert not is_readable_after(she, clause(models, "The rain in Oslo went on."))
    assert not is_readable_after(
        she, clause(models, "The prize is a car, according to MegaMillions.com.")
    )
    assert not is_readable_after(
        clause(models, "I was flown home."), clause(models, "Angela Vos fell ill.")
    )


def test_a_picture_may_be_news(models: Models):
    assert is_standalone(
        clause(models, "Police published a photo of the suspect in Oslo on Monday.")
    )


def test_a_noun_taken_as_known_is_told(models: Models):
    assert presupposed_nouns(clause(models, "The meeting lasted for five hours.")) == {"meeting"}
    assert (
        presupposed_nouns(clause(models, "The meeting in Moscow lasted for five hours.")) == set()
    )
    assert "meeting" in introduced_nouns(clause(models, "Putin met the envoy."))


def before(text: str) -> Preceding:
    return preceding([text, "And then."])[1]


def test_a_noun_that_its_article_spoke_of_as_new_is_known_to_its_readers_only(models: Models):
    found = clause(models, "Vos found the trail in spring.")
    assert presupposed_nouns(found, before("Vos looked for a steep trail.")) == {"trail"}
    assert presupposed_nouns(found, before("Vos looked for Bergen.")) == set()
    named = clause(models, "The barrister filmed four series of the programme.")
    assert presupposed_nouns(named, before("Clarissa Vos was a chef.")) == {"barrister"}
    assert presupposed_nouns(named, before("")) == set()
    assert "president" in introduced_nouns(clause(models, "President Vos resigned on Monday."))
    own = clause(models, "Vos found a trail and followed the trail in spring.")
    assert presupposed_nouns(own, before("Vos looked for a trail.")) == set()


WORDS = ("a", "an", "another", "steep", "trail", "trail-head", "A", "Trail,", "house.", "x")

Texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=4)


@given(Texts, st.sampled_from(("trail", "house", "x", "steep")))
def test_a_noun_is_new_where_an_indefinite_article_stands_before_it(texts: list[str], noun: str):
    new = re.compile(rf"\b(?:an?|another) (?:[\w-]+ ){{0,2}}{noun}\b", re.IGNORECASE)

    for k, before in enumerate(preceding(texts)):
        text = " ".join(texts[:k])
        assert before.introduces(noun) == bool(new.search(text))
        assert before.holds(noun) == (noun in re.findall(r"\w+", text.lower()))
        assert before.empty == (not re.search(r"\w", text))
