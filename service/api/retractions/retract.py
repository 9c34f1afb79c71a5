"""Accept the retractions of a caller, and list them."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from service.errors import InvalidRequest
from service.schemas.wire import RetractedText, RetractionRequest, RetractionsOut
from service.store.retractions import Retraction, Retractions, now

Notify = Callable[[str, Retraction], Awaitable[None]]
"""Called with the namespace and each retraction that was accepted in it."""


class RetractionIntake:
    """Accepts retractions within a namespace; `notify` calls those who asked to be called."""

    def __init__(self, retractions: Retractions, notify: Notify) -> None:
        self._retractions = retractions
        self._notify = notify

    async def retract(self, request: RetractionRequest, namespace: str = "") -> RetractionsOut:
        """Accept the retraction of every text that the request names, one retraction a text.

        Raises `InvalidRequest` for an article that is named neither by its hash nor by an id that
        a brief of the namespace knows.
        """
        texts: list[tuple[str, str | None]] = []
        for k, each in enumerate(request.articles):
            texts += [(sha, each.article_id) for sha in await self._named(each, k, namespace)]
        instead = request.corrected_text
        made: list[Retraction] = []
        for sha, article_id in dict(texts).items():
            retraction = Retraction(
                text_sha256=sha,
                kind=request.kind,
                made_at=now(),
                article_id=article_id,
                reason=request.reason,
                corrected_sha256=instead and hashlib.sha256(instead.encode()).hexdigest(),
                url=request.url,
            )
            made.append(await self._retractions.add(namespace, retraction))
            await self._notify(namespace, made[-1])
        return RetractionsOut(tuple(made))

    async def _named(self, article: RetractedText, k: int, namespace: str) -> tuple[str, ...]:
        path = f"articles[{k}]"
        if (article.sha256 is None) == (article.article_id is None):
            raise InvalidRequest("Give sha256 or article_id.", path=path)
        if article.sha256 is not None:
            return (article.sha256.lower(),)
        known = await self._retractions.known(namespace, article.article_id or "")
        if not known:
            raise InvalidRequest(
                f"No brief of yours has an article {(article.article_id or '')[:80]!r}; give the"
                " sha256 of its text.",
                path=f"{path}.article_id",
            )
        return known

    async def listed(self, namespace: str = "") -> RetractionsOut:
        """The namespace's latest retractions, the newest first."""
        return RetractionsOut(await self._retractions.listed(namespace))
