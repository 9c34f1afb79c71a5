"""What speaks about the page is told from reports that look like it, by vectors."""

from __future__ import annotations

import pytest

from service.models.base import Models
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.page_sentences import page_sentences, with_masked
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.types import Article
from service.store.computation_cache import MemoryComputationCache

NEWS = (
    "The ferry Halcyon sank off Merrin on Monday with 40 people on board.\n\n"
    "Divers found the hull in 30 metres of water near the pier.\n\n"
    "The harbor board of Merrin closed the pier until June."
)


def found(models: Models, *texts: str) -> list[str]:
    memo = MemoryComputationCache()
    sources = ingest(
        tuple(Article(id=str(k), text=text, language="en") for k, text in enumerate(texts)),
        frozenset({"en"}),
    )
    sentences = split_sentences(sources)
    vectors = embed([each.text for each in sentences], models.encoder, memo)
    indices = page_sentences(sentences, vectors, models.encoder, memo)
    masked = with_masked(sources, sentences, indices)
    told = [
        source.text[each.start : each.end]
        for source in masked
        for each in source.masked
        if each.reason == "page"
    ]
    assert told == [sentences[k].text for k in sorted(indices)]
    return told


@pytest.mark.parametrize(
    "line",
    [
        "We and our partners use cookies and process personal data for advertising.",
        "You can change your cookie settings whenever you like.",
        "To read on, take out a subscription or log in to your account.",
        "Only paying members can see the rest of this story.",
        "Get our morning newsletter with the best stories by email.",
        "The story is still developing and we will update it.",
        "Our newsroom chose these products, and we get a share of what you buy.",
        "Keep it friendly: our moderators delete offensive comments.",
        "Get our app to be alerted to breaking news.",
        "Readers like you pay for our journalism, so please donate.",
        "A previous version was edited for clarity and length.",
    ],
)
def test_the_pages_own_sentences_are_found(models: Models, line: str):
    assert found(models, f"{NEWS}\n\n{line}") == [line]


@pytest.mark.parametrize(
    "text",
    [
        (
            "The privacy board of Velmor fined the shop chain Orlo 3 million crowns over its cookies on Monday.\n\n"
            "Orlo had stored cookies of 2 million visitors without consent, the board said.\n\n"
            "The chain said it would appeal against the fine."
        ),
        (
            "The Merrin Courier will raise the price of its subscription to 12 crowns in April, its owner said.\n\n"
            "The paper has lost a fifth of its readers in two years.\n\n"
            "Its owner Jan Roe said the paper would close without higher prices."
        ),
        (
            "Hackers took the accounts of 40,000 subscribers of the Lodin Post on Sunday.\n\n"
            "The paper told its readers to change their passwords.\n\n"
            "Police in Lodin opened an inquiry."
        ),
        (
            "Journalists of the Lodin Post went on strike on Monday.\n\n"
            "Their union wants a share of what the paper earns with its newsletter.\n\n"
            "The publisher offered them two per cent."
        ),
        NEWS,
    ],
)
def test_a_story_about_such_things_is_read(models: Models, text: str):
    assert found(models, text) == []


def test_a_line_that_several_articles_share_makes_none_a_reprint(models: Models):
    line = "We store data on your device if you agree, and you can object to it."
    other = (
        "Forty people were rescued when a ferry sank near Merrin, the coast guard of Velmor said."
    )

    assert found(models, f"{line}\n\n{NEWS}", f"{line}\n\n{other}") == [line, line]
