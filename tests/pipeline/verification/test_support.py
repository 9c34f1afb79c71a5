"""What the writer's model reads decides what rules can't: opposites, hedges, and what is not said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np

from service.errors import WriterUnavailable
from service.models.base import Models, Prompt, Scores
from service.pipeline.check_draft import check_draft
from service.pipeline.prompts import templates
from service.pipeline.run import run
from service.pipeline.types import Article, DraftRequest, DraftSentence, Options, Request
from service.pipeline.verification.support import ANSWERS, SupportReader
from service.store.computation_cache import MemoryComputationCache
from tests.pipeline.tiny import FakeWriter

DEAD = "The mountaineer Ida Brenner was found dead on Mount Kora on Sunday, rescuers said."
ALIVE = "The mountaineer Ida Brenner was found alive on Mount Kora on Sunday, rescuers said."


class FakeChooser:
    """Answers by what stands in the prompt; counts what it is asked."""

    fingerprint = "fake"

    def __init__(self, answer: Callable[[str, str], str], *, fails: bool = False) -> None:
        self._answer = answer
        self._fails = fails
        self.asked = 0

    def choose(
        self,
        prompts: Sequence[Prompt],
        answers: Sequence[str],
        *,
        on_step: Callable[[], None] | None = None,
    ) -> Scores:
        if self._fails:
            raise WriterUnavailable("It is away.")
        self.asked += len(prompts)
        rows = np.full((len(prompts), len(answers)), 0.02, dtype=np.float32)
        for row, prompt in zip(rows, prompts, strict=True):
            evidence, claim = prompt[-1].content.split("\nClaim: ")
            said = self._answer(evidence, claim)
            if said == "":
                row[:] = np.nan
            else:
                row[answers.index(said)] = 0.92
        return rows


def opposites(evidence: str, claim: str) -> str:
    denied = ("dead" in evidence and "alive" in claim) or ("alive" in evidence and "dead" in claim)
    return "no" if denied else "yes"


def reader(chooser: FakeChooser) -> SupportReader:
    return SupportReader(chooser, MemoryComputationCache(), templates()["support"])


def test_a_pair_is_read_once_and_none_that_got_no_answer_counts() -> None:
    chooser = FakeChooser(opposites)
    support = reader(chooser)

    (first,) = support.reads([([DEAD], ALIVE)])
    (again,) = support.reads([([DEAD], ALIVE)])

    assert first is not None
    assert first == again
    assert round(first.contradicted, 2) == 0.92
    assert chooser.asked == 1
    assert reader(FakeChooser(lambda *_: "")).reads([([DEAD], ALIVE)]) == [None]


def test_a_model_that_fails_is_asked_no_more() -> None:
    support = reader(FakeChooser(opposites, fails=True))

    assert support.reads([([DEAD], ALIVE)]) == [None]
    assert support.unavailable


def drafted(models: Models, answer: Callable[[str, str], str], text: str) -> DraftSentence:
    reading = msgspec.structs.replace(models, support=FakeChooser(answer))
    request = DraftRequest(articles=(Article(id="a", text=DEAD),), text=text)
    (found,) = check_draft(request, reading, MemoryComputationCache(), lambda _: None).sentences
    return found


def test_an_opposite_is_told_with_who_says_otherwise_and_how_it_would_stand(models: Models) -> None:
    found = drafted(models, opposites, ALIVE)

    assert found.status == "unsupported"
    assert "The sources say otherwise." in found.problems
    assert [(each.article_id, each.role) for each in found.nearest] == [("a", "contradicts")]
    assert found.repair == DEAD


def test_what_is_only_claimed_is_told_as_such(models: Models) -> None:
    text = "The mountaineer Ida Brenner was found dead on Mount Kora on Sunday."

    found = drafted(models, lambda e, c: "yes" if "rescuers" in c else "claim", text)

    assert found.status != "supported"
    assert any("authority" in problem for problem in found.problems)
    assert found.repair == DEAD


def test_a_sources_own_sentence_is_said_whatever_the_model_reads(models: Models) -> None:
    assert drafted(models, lambda *_: "no", DEAD).status == "supported"


def test_what_one_sentence_says_alone_another_can_not_unsay(models: Models) -> None:
    articles = (Article(id="a", text=f"{DEAD}\n\nA helicopter flew over Mount Kora on Sunday."),)
    text = "Ida Brenner, a mountaineer, was found dead on Mount Kora on Sunday, rescuers said."
    reading = msgspec.structs.replace(
        models, support=FakeChooser(lambda e, _: "no" if "helicopter" in e else "yes")
    )

    (found,) = check_draft(
        DraftRequest(articles=articles, text=text),
        reading,
        MemoryComputationCache(),
        lambda _: None,
    ).sentences

    assert found.status == "supported"


STORY = (
    f"{DEAD}\n\nA helicopter flew over Mount Kora on Sunday. The mountaineer Ida Brenner had set out on Thursday."
    " Rescuers said snow had fallen on Mount Kora. Four teams searched for Ida Brenner on Sunday."
)


def asked(models: Models, answer: Callable[[str, str], str], text: str) -> tuple[str, list[str]]:
    """The status of a sentence beside the story, and the evidence that was read for it."""
    read: list[str] = []

    def answering(evidence: str, claim: str) -> str:
        read.append(evidence)
        return answer(evidence, claim)

    reading = msgspec.structs.replace(models, support=FakeChooser(answering))
    request = DraftRequest(articles=(Article(id="a", text=STORY),), text=text)
    (found,) = check_draft(request, reading, MemoryComputationCache(), lambda _: None).sentences
    return found.status, read


def test_what_the_nearest_sentence_says_is_read_in_that_alone(models: Models) -> None:
    text = "Ida Brenner, a mountaineer, was found dead on Mount Kora on Sunday, rescuers said."

    assert asked(models, lambda *_: "yes", text) == ("supported", [DEAD])


def test_what_is_not_found_in_the_nearest_is_looked_for_in_all(models: Models) -> None:
    text = "Ida Brenner was found dead on Sunday, rescuers said; four teams searched for her."

    status, read = asked(
        models, lambda e, _: "yes" if "teams" in e and "dead" in e else "part", text
    )

    assert status == "supported"
    assert any("teams" in each and "dead" in each for each in read)


def test_exact_rules_veto_what_the_model_lets_pass(models: Models) -> None:
    found = drafted(models, lambda *_: "yes", DEAD.replace("Sunday", "Monday"))

    assert found.status == "unsupported"
    assert {each.name for each in found.checks if not each.passed} >= {"dates"}


def test_reports_of_opposites_are_told_as_a_conflict_and_never_corroborate(models: Models) -> None:
    reading = msgspec.structs.replace(models, writer=FakeWriter(lambda _: "", odds=-5.0, same=5.0), support=FakeChooser(opposites))  # fmt: skip
    articles = (
        Article(id="a", text=f"{DEAD}\n\nBrenner had set out alone on Thursday."),
        Article(id="b", text=f"{ALIVE}\n\nA helicopter flew over the glacier for nine hours."),
    )

    made = run(Request(articles=articles, options=Options()), reading, MemoryComputationCache(), lambda _: None)  # fmt: skip

    (conflict,) = made.conflicts
    assert conflict.type == "status"
    (told,) = [each for each in made.sentences if "found" in each.text]
    assert told.status == "conflicted"
    assert "dead" in told.text
    assert "alive" in told.text
    assert not any(cited.role == "corroborates" for cited in told.citations)


def test_what_is_told_of_other_days_is_no_conflict(models: Models) -> None:
    began = "Dock workers began a strike in Port Zembra over pay this morning."
    ended = "Dock workers ended their strike in Port Zembra over pay today."
    chooser = FakeChooser(lambda *_: "no")
    writer = FakeWriter(lambda _: "", odds=-5.0, same=5.0)
    reading = msgspec.structs.replace(models, writer=writer, support=chooser)
    days = (datetime(2026, 3, day, 12, tzinfo=UTC) for day in (2, 4))
    articles = tuple(
        Article(id=name, text=text, published_at=day)
        for (name, text), day in zip((("a", began), ("b", ended)), days, strict=True)
    )

    made = run(Request(articles=articles, options=Options()), reading, MemoryComputationCache(), lambda _: None)  # fmt: skip

    assert made.conflicts == ()
    assert {len({cited.article_id for cited in each.citations}) for each in made.sentences} == {1}


def test_the_answers_are_words_of_the_prompt() -> None:
    asked = templates()["support"].render(evidence="It rains.", claim="It rains.")[0].content

    assert all(word.capitalize() in asked for word in ANSWERS)
