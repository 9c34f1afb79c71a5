"""What declares itself opinion or satire is set aside; what reports about either is not."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.run import run
from service.pipeline.types import Article, Options, Request
from service.store.computation_cache import MemoryComputationCache

NEWS = "The council of Orlen voted on Tuesday to raise fares by ten percent, officials said."


def declared(text: str, **more: str) -> str | None:
    (source,) = ingest([Article(id="a", text=text, **more)], frozenset({"en"}))
    return source.genre


@pytest.mark.parametrize(
    ("text", "more", "genre"),
    [
        (NEWS, {"title": "Opinion: The mayor has failed Orlen"}, "opinion"),
        (NEWS, {"title": "Op-Ed | Raise the fares"}, "opinion"),
        (NEWS, {"title": "[Commentary] Raise the fares"}, "opinion"),
        (NEWS, {"title": "Letters to the editor: fares"}, "opinion"),
        (NEWS, {"title": "SATIRE \u2014 Council to charge for breathing"}, "satire"),
        (f"Opinion\n\nThe mayor has failed\n\n{NEWS}", {}, "opinion"),
        (f"EDITORIAL\n\n{NEWS}", {}, "opinion"),
        (f"{NEWS}\n\nThis is a work of satire.", {}, "satire"),
        (f"{NEWS}\n\nThis article is satirical and no real person said so.", {}, "satire"),
        (f"{NEWS}\n\nThe views expressed here are her own.", {}, "opinion"),
        (
            f"{NEWS}\n\nThe opinions expressed in this column are those of the author.",
            {},
            "opinion",
        ),
        (NEWS, {"url": "https://paper.example/opinion/2026/fares"}, "opinion"),
    ],
)
def test_a_label_is_read(text: str, more: dict[str, str], genre: str) -> None:
    assert declared(text, **more) == genre


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (NEWS, {"title": "Opinion polls show a close race in Orlen"}),
        (NEWS, {"title": "Satire site sued by the mayor of Orlen"}),
        (NEWS, {"title": "Review of fares ordered in Orlen"}),
        (NEWS, {"title": "Parody account of the mayor suspended"}),
        (NEWS, {"title": "Comment by minister angers Orlen"}),
        (f"News\nSport\nOpinion\nCulture\nWeather\nShop\n\n{NEWS}", {}),
        (f"Orlen raises fares\n\n{NEWS}\n\nThe court gave its opinion on Monday in Orlen.", {}),
        (f"{NEWS}\n\nThe author of the study is a professor in Velmor.", {}),
        (f"{NEWS}\n\nHe said that the site published satire about the mayor for years.", {}),
        (NEWS, {"url": "https://paper.example/news/opinion-poll-fares"}),
    ],
)
def test_news_about_opinion_and_satire_is_news(text: str, more: dict[str, str]) -> None:
    assert declared(text, **more) is None


def test_what_is_labelled_takes_no_part_and_its_notice_is_never_printed(models: Models) -> None:
    articles = (
        Article(id="news", text=f"{NEWS}\n\nMayor Lena Vos said the money would pay for 30 buses."),
        Article(id="satire", title="Satire: Orlen taxes breath", text="The council of Orlen voted on Tuesday to tax breath.\n\nThis is a work of satire."),
        Article(id="view", text="Opinion\n\nThe council of Orlen is a club of cowards and its fares are a tax.\n\nThe views expressed are her own."),
    )  # fmt: skip

    made = run(Request(articles=articles, options=Options(mode="extractive")), models, MemoryComputationCache(), lambda _: None)  # fmt: skip

    assert {each.id: each.warnings for each in made.articles} == {"news": (), "satire": ("satire",), "view": ("opinion",)}  # fmt: skip
    assert {cited.article_id for each in made.sentences for cited in each.citations} == {"news"}


def test_opinion_alone_is_briefed(models: Models) -> None:
    only = Article(
        id="view", text=f"Opinion\n\n{NEWS}\n\nThe fares of Orlen are too high for the poor."
    )

    made = run(Request(articles=(only,), options=Options(mode="extractive")), models, MemoryComputationCache(), lambda _: None)  # fmt: skip

    assert made.articles[0].used
