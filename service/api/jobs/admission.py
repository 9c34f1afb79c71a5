"""What a request may be made of: no retracted text, and no unknown brief to supersede."""

from __future__ import annotations

import hashlib

from service.errors import RetractedArticle, UnknownPredecessor
from service.schemas.wire import BriefRequest, CheckRequest
from service.store.articles import StoredArticle
from service.store.briefs import StoredBrief
from service.store.retractions import Retractions, refusal, refuse
from service.store.versions import Versions


class Admission:
    """Admits requests, before their job and again before its result is given out."""

    def __init__(self, versions: Versions, retractions: Retractions) -> None:
        self._versions = versions
        self._retractions = retractions

    async def admit(self, request: BriefRequest | CheckRequest, namespace: str = "") -> None:
        """Check the texts that a request brings and the brief that it supersedes.

        Raises `RetractedArticle` for a text that was corrected or withdrawn, and
        `UnknownPredecessor` if `options.supersedes` is no brief of the namespace.
        """
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
        """Check the texts of a result: those of pages are known only once they were fetched, and
        any may have been retracted since. Raises `RetractedArticle`."""
        await refuse(self._retractions, namespace, stored.hashes())
