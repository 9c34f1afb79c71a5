"""What became of a brief since it was made: superseded, resting on a retracted text, or erased.

Bodies of briefs are immutable; this is looked up whenever one is read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from service.api.jobs.job_submission import Started
from service.api.platform.kept_answers import Source
from service.errors import Gone, NotFound
from service.schemas.wire import Affected, StatusOut
from service.store import keys
from service.store.briefs import Briefs, StoredBrief
from service.store.retractions import Retractions
from service.store.versions import Version, Versions

Forget = Callable[[str], Awaitable[None]]
"""Called with the id of a brief that was erased, to erase what is kept about it elsewhere."""


class BriefStatuses:
    def __init__(
        self, briefs: Briefs, versions: Versions, retractions: Retractions, forget: Forget
    ) -> None:
        self._briefs = briefs
        self._versions = versions
        self._retractions = retractions
        self._forget = forget

    async def status(self, stored: StoredBrief, namespace: str = "") -> StatusOut:
        """The brief's state now: `affected` if a text that it cites is retracted, else `superseded`
        if a later version is there, else `current`."""
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

    async def source(
        self,
        stored: StoredBrief,
        namespace: str = "",
        started: Started | None = None,
        supersedes: str | None = None,
    ) -> Source:
        """What an answer with this brief and its status is made of; `started` by which request it
        was found, if by one, and `supersedes` which brief that named."""
        brief_id = stored.brief.id
        chain = [brief_id, *await self._versions.followed_by(brief_id)]
        chain += [supersedes] if supersedes else []
        names = [keys.brief(brief_id), keys.successors(brief_id), keys.retracted(namespace)]
        names += map(keys.version, chain)
        if started is None:
            return Source(frozenset(names), await self._briefs.lasts(brief_id))
        return Source(
            frozenset((*names, keys.outcome(started.key))),
            await self._briefs.lasts(brief_id, started.key),
            started.fingerprint,
        )

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
