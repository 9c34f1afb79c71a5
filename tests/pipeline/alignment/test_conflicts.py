"""Reports that disagree, and reports that only look so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from service.models.base import Models
from service.pipeline.alignment.conflicts import find
from service.pipeline.alignment.quantities import figures
from service.pipeline.intermediate import Evidence
from tests.pipeline.tiny import clause

FIRST = datetime(2026, 3, 1, 8, tzinfo=UTC)


def found(models: Models, mine: str, theirs: str, hours: int = 0, near: float = 0.8):
    later = Evidence(clause(models, theirs), FIRST + timedelta(hours=hours))
    return find(Evidence(clause(models, mine), FIRST), [(1, near, later)])


@pytest.mark.parametrize(
    ("mine", "theirs", "kind"),
    [
        ("The crash killed at least nine people.", "The crash left seven dead.", "figure"),
        ("The bill will cost $340 million.", "The bill will cost $410 million.", "figure"),
        ("Olwen was arrested on Friday.", "Olwen has not been arrested, his lawyer said.", "status"),
        ("Marlstone signed a contract with Quenland.",
         "Marlstone denied that it had signed a contract with Quenland.", "status"),
        ("Marlstone is planning to close its yard.",
         "Marlstone has no plans to close its yard, it said.", "status"),
        ("Rebels shot down a plane over Marl.",
         "The rebel leader denied that his fighters had shot down a plane over Marl.", "status"),
        ("Marlstone will sell its yard to Quenland.",
         "Marlstone has no plans to sell its yard to Quenland, it said.", "status"),
        ("Marlstone is planning to sell its yard to Quenland.",
         "Marlstone will not sell its yard to Quenland, it said.", "status"),
        ("Marlstone will expand into Quenland.",
         "Marlstone denied that it is considering an expansion into Quenland.", "status"),
        ("Marlstone sold the yard to Quenland.",
         "Reports that Marlstone sold the yard to Quenland are false, a spokesman said.", "status"),
        ("Marlstone sold the yard to Quenland.",
         "It is not true that Marlstone sold the yard to Quenland.", "status"),
        ("A gunman from Velmor attacked the shop.",
         "There is no evidence that a gunman from Velmor attacked the shop.", "status"),
        ("Marlstone announced the sale of its yard to Quenland.",
         "Reports of a sale of the Marlstone yard to Quenland are false, a spokesman said.", "status"),
        ("The ministry threatened the families of the hostages.",
         "No threats were made to the families of the hostages, officials said.", "status"),
        ("Rebels entered the town of Orlen.",
         "None of the rebels entered the town of Orlen, the army said.", "status"),
        ("Olwen had a third ear implanted by a surgeon.",
         "Olwen\u2019s third ear is a hoax, the clinic said.", "status"),
        ("Olwen had a third ear implanted by a surgeon.",
         "Olwen\u2019s third ear turned out to be a fake, the clinic said.", "status"),
        ("Olwen had a third ear implanted by a surgeon.",
         "A clinic in Orlen has exposed Olwen\u2019s third ear as a fake.", "status"),
        ("Olwen had a third ear implanted by a surgeon.",
         "Olwen\u2019s third ear has been proved a hoax.", "status"),
        ("A woman in Orlen underwent surgery to get a third ear.",
         "The woman who claimed to have had surgery to get a third ear is a fake.", "status"),
        ("\u201cThe roof came down in a minute,\u201d said Anton Rusk.",
         "\u201cThe roof came down in a minute,\u201d Christa Nohl said.", "attribution"),
    ],
)  # fmt: skip
def test_what_cannot_both_be_true_is_a_conflict(models: Models, mine: str, theirs: str, kind: str):
    dispute = found(models, mine, theirs)

    assert dispute
    assert dispute.type == kind


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("The crash killed about 200 people.", "The crash killed 198 people."),
        ("The crash killed at least nine people.", "The crash killed 10 people."),
        ("The crash killed nine people.", "The crash injured 12 people."),
        ("The crash killed nine people.", "Three of the nine people killed were children."),
        ("The crash killed ten people.", "The crash killed four soldiers and six civilians."),
        ("Two trains in Orlen killed nine people.", "A storm in Velmor killed two people."),
        ("The bill will cost $1.5 million.", "The bill will cost 1,500,000 dollars."),
        ("Olwen has not resigned.", "Olwen has not been arrested."),
        ("Marlstone denied the claims.", "Marlstone denied that it had signed."),
        ("Marlstone dismissed reports that it sold the yard.",
         "Marlstone said that reports of a sale of its yard were lies."),
        ("Was the sale of the yard by Marlstone legal?",
         "Marlstone dismissed reports that it sold the yard."),
        ("The studies show that butter does not raise the risk of disease.",
         "Those who eat most butter have the lowest risk of disease."),
        ("Marlstone does not employ Saudi women.",
         "Marlstone employs women from Morocco and Pakistan."),
        ("Marlstone will sell its yard to Quenland.", "Marlstone has not sold its yard to Quenland."),
        ("Olwen will fly to Paris.", "Olwen will not fly to London."),
        ("Olwen flew to Paris on Friday.", "Olwen did not fly to Paris on Monday."),
        ("Rebels in Velmor entered the town of Orlen.",
         "Rebels in Velmor did not immediately enter the town of Orlen."),
        ("The blast in Orlen injured 12 people in a shop.",
         "No other injuries were reported after the blast in the Orlen shop."),
        ("A source had evidence that Olwen stole the files of Marl.",
         "Wheeler has not seen the evidence that Olwen stole the files of Marl."),
        ("Olwen became the godmother of 700 children in Marl.",
         "Olwen did not become the godmother of a baby in Marl."),
        ("Talk of expansion of the league in Marl is a big step.",
         "The league in Marl denied that it is considering expansion."),
        ("The navy was in the waters of Marl at the time of the seizure.",
         "This is not the first time that the navy has entered the waters of Marl."),
        ("The school in Orlen got a bomb threat.", "The bomb threat to the school in Orlen was a hoax."),
        ("Rusk opened the fraud inquiry into Marlstone.",
         "The fraud inquiry into Marlstone is a hoax, its owner said."),
        ("Olwen claims that she had a third ear implanted.", "Olwen\u2019s third ear is a hoax."),
        ("Olwen had a third ear implanted.", "Olwen denied that her third ear was a hoax."),
        ("Olwen had a third ear implanted.", "Olwen\u2019s third ear is not a hoax, she said."),
        ("Olwen had a third ear implanted.", "If Olwen\u2019s third ear is a hoax, she has no shame."),
        ("Rusk has a sore ear.", "Olwen\u2019s third ear is a hoax."),
        ("Marlstone got the fraud suit on Friday.", "The Marlstone fraud suit is baseless."),
        ("Olwen had a third ear implanted.", "Nobody has said that Olwen\u2019s third ear was a hoax."),
        ("Olwen had a third ear implanted.", "Olwen does not think that her third ear is a hoax."),
        ("The league of Marl has 30 teams.", "Anton Rusk will not stop at two teams."),
        ("If he loses, Olwen will face two years in prison.", "Olwen will face seven years in prison."),
    ],
)  # fmt: skip
def test_what_can_both_be_true_is_none(models: Models, mine: str, theirs: str):
    assert found(models, mine, theirs) is None


def test_a_later_figure_supersedes(models: Models):
    dispute = found(
        models, "The flood killed eight people.", "The death toll rose to 14.", hours=20
    )

    assert dispute
    assert (dispute.type, dispute.phrase) == ("superseded", "14")


def test_far_sentences_are_not_compared(models: Models):
    assert (
        found(models, "The crash killed nine people.", "The crash killed 12 people.", near=0.3)
        is None
    )


def test_daily_tolls_are_no_conflict(models: Models):
    texts = [
        "Shelling killed 12 people.",
        "Shelling killed 17 people.",
        "Shelling killed 30 people.",
    ]
    mine, *rest = (Evidence(clause(models, text), FIRST) for text in texts)

    assert find(mine, [(k, 0.8, each) for k, each in enumerate(rest)]) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Twenty-two miners are missing.", 22),
        ("Ninety miners are missing.", 90),
        ("Three hundred miners are missing.", 300),
        ("It cost 1.5 million dollars.", 1.5e6),
        ("A dozen people were killed.", None),
        ("About 3,600 people were evacuated.", 3600),
        ("They called 50-60 doctors.", None),
    ],
)
def test_figures_are_read_in_words_and_digits(models: Models, text: str, value: float | None):
    assert [each.value for each in figures(clause(models, text))] == (
        [] if value is None else [value]
    )


@pytest.mark.parametrize(
    ("mine", "theirs", "hours", "kind"),
    [
        ("The fire killed 12 people.", "The fire killed 14 people.", 0, "figure"),
        ("The fire killed 12 people.", "The fire killed 14 people.", 6, "superseded"),
        ("The fire killed twelve people.", "The fire killed 12 people.", 0, None),
        ("The fire killed 12 people.", "The fire injured 14 people.", 0, None),
        ("The talks took 12 days.", "The talks took 14 days.", 0, None),
    ],
)
def test_figures_for_one_thing_are_compared(
    models: Models, mine: str, theirs: str, hours: int, kind: str | None
):
    first, later = datetime(2026, 1, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1 + hours, tzinfo=UTC)

    found = find(
        Evidence(clause(models, mine), first), [(1, 0.9, Evidence(clause(models, theirs), later))]
    )

    assert (found and found.type) == kind
