"""Whatever characters an article or a draft is made of, there is a brief, a check, or a reason why not."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.errors import NothingToBrief
from service.models.base import Models
from service.pipeline.check_draft import check_draft
from service.pipeline.run import run
from service.pipeline.types import Article, Brief, Citation, DraftRequest, Options, Request
from service.store.computation_cache import MemoryComputationCache

REPORT = (
    "A ferry sank off Port Ellan on Tuesday, killing 12 people, the coast guard said. Rescue boats from Port Ellan"
    " took 75 survivors to the harbour before nightfall. "
)
ANOTHER = (
    "Twelve people died when a ferry went down near Port Ellan on Tuesday, according to the coast guard."
    " The operator stopped all of its ferries until Friday."
)
LENGTH, MOST_S = 200_000, 60
"""Characters of an article at most, by default; seconds, of which two are used, and many on a busy machine."""

ENDLESS = {
    "a word": "a", "words": "the harbour of Ellan and ", "digits": "7", "dots": ".", "opening marks": "\u201c", "brackets": "(",
    "combining marks": "\u0301", "private use": "\ue000", "bidi controls": "\u202e\u2066", "nul": "\0", "joiners": "a\u200d",
    "no characters": "\ufffe\uffff", "tags": "<b>", "entities": "&amp;", "lines": "Abc def ghi\n", "separators": "\u2028",
}  # fmt: skip
"""What a text says until it is as long as may be, without a stop or a space where there is none."""

SURROGATES = ["Cs"]
"""No JSON that is read, and no page, leads to them (`test_problems`, `test_charset`)."""

WILD = st.text(st.characters(exclude_categories=SURROGATES), max_size=40) | st.sampled_from(
    ["\u202e", "\u2066\u2069", "e" + "\u0301" * 300, "\0", "\ue000", "\ufeff", "\U000e0041", "\u200b", "\ufffd", "\r",
     "\x85", "\u2028", "\x1b[2J", "&#0;", "&#xd800;", "\U0001f468\u200d\U0001f469", "\u0600", "\ufdd0", "\U0010ffff"]
)  # fmt: skip


def brief(models: Models, *texts: str) -> Brief | None:
    articles = tuple(Article(id=f"a{k}", text=text, language="en") for k, text in enumerate(texts))
    options = Options(mode="extractive")
    try:
        return run(
            Request(articles=articles, options=options),
            models,
            MemoryComputationCache(),
            lambda _: None,
        )
    except NothingToBrief:
        return None


def quotes_exactly(citations: tuple[Citation, ...], *texts: str) -> bool:
    return all(
        texts[int(each.article_id[1:])][each.start : each.end] == each.quote != ""
        for each in citations
    )


@pytest.mark.parametrize("name", ENDLESS)
def test_an_endless_text_is_read_in_time_and_hides_nothing_else(models: Models, name: str):
    endless = ENDLESS[name] * (LENGTH // len(ENDLESS[name]))
    texts = REPORT + endless, ANOTHER
    begun = time.monotonic()

    made = brief(models, *texts)
    draft = check_draft(
        DraftRequest(articles=(Article(id="a0", text=ANOTHER),), text=ENDLESS[name] * (LENGTH // 10 // len(ENDLESS[name]))),
        models, MemoryComputationCache(), lambda _: None,
    )  # fmt: skip

    assert time.monotonic() - begun < MOST_S
    assert made is not None
    assert made.sentences
    assert all(quotes_exactly(each.citations, *texts) for each in made.sentences)
    assert {each.status for each in draft.sentences} <= {"unsupported"}


@settings(
    phases=(Phase.generate,),  # an example takes a second: none is sought that is shorter
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pieces=st.lists(WILD, min_size=4, max_size=4), at=st.lists(st.integers(0, 230), min_size=3))
def test_any_characters_anywhere_are_cited_as_they_were_sent(
    models: Models, pieces: list[str], at: list[int]
):
    text = REPORT
    for k, piece in enumerate(pieces[:3]):
        text = text[: at[k]] + piece + text[at[k] :]
    texts = text, ANOTHER, pieces[3]

    made = brief(models, *texts)
    draft = check_draft(
        DraftRequest(articles=(Article(id="a0", text=text), Article(id="a1", text=ANOTHER)), text=text),
        models, MemoryComputationCache(), lambda _: None,
    )  # fmt: skip

    for sentence in made.sentences if made else ():
        assert quotes_exactly(sentence.citations, *texts)
        assert made is not None
        assert made.text[sentence.start : sentence.end] == sentence.text
    for checked in draft.sentences:
        assert text[checked.start : checked.end] == checked.text
        assert quotes_exactly((*checked.citations, *checked.nearest), *texts)
