"""A worker process with everything real but the models and the pipeline.

The fake pipeline counts its runs in Redis and obeys words in the first article: SLOW
waits, BROKEN crashes, EMPTY finds nothing to brief, FLAKY fails once and then works.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Any

import redis

from service.errors import ModelUnavailable, NothingToBrief
from service.logs import configure_logging
from service.models.base import Models
from service.pipeline.identity import canonical, digest
from service.pipeline.types import (
    Brief,
    BriefSentence,
    Citation,
    Coverage,
    Emit,
    Generation,
    Memo,
    Progress,
    Request,
)
from service.settings import Settings
from service.store.workers import ModelInfo
from service.worker import work

MARKER = "the harbor master's unprinted secret"


class Named:
    languages = frozenset({"en"})

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    counter = redis.Redis.from_url(os.environ["NEWSBRIEF_REDIS_URL"])
    runs = counter.incr("test:runs")
    text = request.articles[0].text
    if "SLOW" in text:
        for step in range(60):
            emit(Progress("write", step, 60))
            time.sleep(0.05)
    if "FOREVER" in text and runs == 1:
        for step in range(2000):
            emit(Progress("write", step, 2000))
            time.sleep(0.05)
    if "BROKEN" in text:
        raise RuntimeError(MARKER)
    if "EMPTY" in text:
        raise NothingToBrief("Nothing can be used.", path="articles")
    if "FLAKY" in text and runs == 1:
        raise ModelUnavailable("The model was away.")
    return brief_of(request)


def brief_of(request: Request) -> Brief:
    """The first article's first words, cited."""
    article = request.articles[0]
    end = min(20, len(article.text))
    cited = Citation(
        article_id=article.id,
        start=0,
        end=end,
        quote=article.text[:end],
        role="supports",
        score=1.0,
    )
    sentence = BriefSentence(
        id="s1", text=article.text[:end], start=0, end=end, mode="extractive", status="supported",
        checks=(), origins=1, citations=(cited,),
    )  # fmt: skip
    return Brief(
        id=digest(request.namespace, canonical(request), "fake"), headline=None, text=sentence.text,
        sentences=(sentence,), conflicts=(), withheld=(), articles=(),
        coverage=Coverage(articles=1, used=1, origins=1, reprints=0, sentences=1, cited_sentences=1,
                          printed=1, withheld=0),
        generation=Generation(models={}, prompts={}, pipeline="fake", timings_ms={}),
    )  # fmt: skip


def main() -> None:
    configure_logging()
    fakes: Any = (Named("encoder@1"), Named("parser@1"))
    served = (ModelInfo("encoder", "encoder@1", "MIT"),)
    asyncio.run(work(Settings.from_environ(os.environ), Models(*fakes), served, run))


if __name__ == "__main__":
    main()
