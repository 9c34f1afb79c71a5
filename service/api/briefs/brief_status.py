"""Standing: what became of a brief since it was made, and what may not be briefed any more.

Bodies of briefs are immutable; this is looked up whenever one is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

from service.errors import Gone, InvalidRequest, NotFound, RetractedArticle, UnknownPredecessor
from service.schemas.wire import (
    Affected,
    BriefRequest,
    CheckRequest,
    RetractedText,
    RetractionRequest,
    RetractionsOut,
    StatusOut,
)
from service.store.articles import StoredArticle
from service.store.briefs import Briefs, StoredBrief
from service.store.retractions import Retraction, Retractions, now, refusal, refuse
from service.store.versions import Version, Versions

Announce = Callable[[str, Retraction], Awaitable[None]]
"""Told of every accepted retraction, with its namespace: where a webhook is hung in."""

Forget = Callable[[str], Awaitable[None]]
"""Told of every brief that was erased: whatever is kept about it elsewhere goes with it."""


async def silent(namespace: str, retraction: Retraction) -> None:
    """Nobody is told; the stream of retractions is the event."""


async def nothing_kept(brief_id: str) -> None:
    """Nothing about briefs is kept elsewhere."""


class BriefStatuses:
    def __init__(
        self,
        briefs: Briefs,
        versions: Versions,
        retractions: Retractions,
        announce: Announce = silent,
        forget: Forget = nothing_kept,
    ) -> None:
        self._announce = announce
        self._forget = forget
        self._briefs = briefs
        self._versions = versions
        self._retractions = retractions

    async def admit(self, request: BriefRequest | CheckRequest, namespace: str = "") -> None:
        """Raise `RetractedArticle` for a text that may not be used, `UnknownPredecessor` for
        a brief that can't be superseded."""
        if isinstance(request, BriefRequest) and (before := request.options.supersedes):
            held = await self._versions.get(before)
            if held is None or held.erased or held.namespace != namespace:
                raise UnknownPredecessor(
                    f"{before[:64]!r} is no brief of yours; leave options.supersedes out, or send"
                    " the id of one.",
                    path="options.supersedes",
                )
        paths = {
            hashlib.sha256(each.text.encode()).hexdigest(): f"articles[{k}]"
            for k, each in enumerate(request.articles)
            if each.text is not None
        }
        for sha, found in (await self._retractions.among(namespace, paths)).items():
            raise RetractedArticle(refusal(found), path=paths[sha])

    async def still_admitted(
        self, stored: StoredBrief | StoredArticle, namespace: str = ""
    ) -> None:
        """The same for texts at hand, which pages were extracted to."""
        await refuse(self._retractions, namespace, stored.hashes())

    async def status(self, stored: StoredBrief, namespace: str = "") -> StatusOut:
        """How the brief stands now."""
        later = await self._versions.successors(stored.brief.id)
        hashes = stored.hashes()
        found = await self._retractions.among(namespace, hashes.values())
        citing = {
            article_id: tuple(
                each.id
                for each in stored.brief.sentences
                if any(cited.article_id == article_id for cited in each.citations)
            )
            for article_id in hashes
        }
        affected = tuple(
            Affected(
                article_id=article_id,
                kind=found[sha].kind,
                made_at=found[sha].made_at,
                reason=found[sha].reason,
                url=found[sha].url,
                sentences=citing[article_id],
            )
            for article_id, sha in hashes.items()
            if sha in found and citing[article_id]
        )
        state = "affected" if affected else "superseded" if later else "current"
        return StatusOut(state=state, superseded_by=later, retractions=affected)

    async def retract(self, request: RetractionRequest, namespace: str = "") -> RetractionsOut:
        """Accept the retraction of every text that is named."""
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
            await self._announce(namespace, made[-1])
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
        return RetractionsOut(await self._retractions.listed(namespace))

    async def erase(self, brief_id: str, namespace: str = "") -> None:
        """Erase a brief with its texts; its place in the chain stays, without any text."""
        held = await self.known(brief_id, namespace)
        if (stored := await self._briefs.get(brief_id)) is not None:
            await self._retractions.forget(namespace, brief_id, stored.hashes().values())
        await self._versions.erase(brief_id, held)
        await self._briefs.erase(brief_id)
        await self._forget(brief_id)

    async def known(self, brief_id: str, namespace: str = "") -> Version:
        """The brief's place in its chain. Raises `NotFound`, or `Gone` if it was erased."""
        held = await self._versions.get(brief_id)
        if held is None or held.namespace != namespace:
            raise NotFound(
                f"No brief {brief_id[:64]!r}. POST the articles to /v1/briefs to have one made."
            )
        if held.erased:
            raise Gone(f"Brief {brief_id[:64]!r} was erased. Send its articles again to remake it.")
        return held
