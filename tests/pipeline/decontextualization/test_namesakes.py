"""Two people of one last name: each is named in full, and neither corroborates the other."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.run import run
from service.pipeline.types import Article, Brief, Options, Request
from service.store.computation_cache import MemoryComputationCache


def brief(models: Models, *texts: str) -> Brief:
    articles = tuple(Article(id=name, text=text) for name, text in zip("abc", texts, strict=False))
    request = Request(articles=articles, options=Options(mode="extractive"))
    return run(request, models, MemoryComputationCache(), lambda _: None)


PAIRS = [
    (("Senator Maria Delgado called on Thursday for an inquiry into the water company Aqualis.\n\n"
     "Delgado said the company had hidden tests of the drinking water in Port Lorne."),
     ("The chief executive of the water company Aqualis, Pedro Delgado, denied that it had hidden tests.\n\n"
     "Delgado said every test of the drinking water in Port Lorne was handed in.")),
    (("President Omar Bakari said on Friday that he would not run again.\n\n"
     "Bakari has ruled the island of Zembra for 22 years."),
     ("Idris Bakari said on Friday that he would seek the presidency of Zembra.\n\n"
     "Bakari said he would cut the taxes of fishermen on the island of Zembra.")),
    (("Judge Anna Lind ruled on Monday that the bridge in Arden may be built.\n\n"
     "Lind said the bridge in Arden would not harm the river."),
     ("The architect Karl Lind drew the bridge in Arden.\n\n"
     "Lind said the bridge in Arden would stand for a century.")),
]  # fmt: skip


@pytest.mark.parametrize("texts", PAIRS)
def test_each_is_named_in_full_and_neither_corroborates_the_other(
    models: Models, texts: tuple[str, str]
) -> None:
    made = brief(models, *texts)

    last = next(w for w in ("Delgado", "Bakari", "Lind") if w in texts[0])
    firsts = {"Delgado": ("Maria", "Pedro"), "Bakari": ("Omar", "Idris"), "Lind": ("Anna", "Karl")}
    for each in [*made.sentences, *([made.headline] if made.headline else [])]:
        if last in each.text:
            (first,) = [name for name in firsts[last] if f"{name} {last}" in each.text]
            own = "ab"[firsts[last].index(first)]
            assert {cited.article_id for cited in each.citations} == {own}
    assert sum(last in each.text for each in made.sentences) >= 2


@pytest.mark.parametrize(
    "texts",
    [
        (("Senator Maria Delgado called for an inquiry into the water company Aqualis on Thursday.\n\n"
         "Delgado said the company had hidden tests of the drinking water."),
         ("The senator Maria Delgado wants an inquiry into the company Aqualis.\n\n"
         "Delgado said on Thursday the company hid tests of the drinking water.")),
        ("North Korea fired a missile on Monday, the army said.\n\nKorea has fired nine missiles this year.",
         "South Korea condemned the missile on Monday.\n\nKorea asked the United Nations to meet."),
        ("Volodymyr Zelensky rejected the plan on Monday.\n\nZelensky said the plan would free nobody.",
         "Volodimir Zelensky turned down the plan on Monday.\n\nZelensky called the plan a trap."),
    ],
)  # fmt: skip
def test_one_person_and_what_is_no_person_keep_the_short_name(
    models: Models, texts: tuple[str, str]
) -> None:
    made = brief(models, *texts)

    assert all(each.mode == "extractive" for each in made.sentences)
