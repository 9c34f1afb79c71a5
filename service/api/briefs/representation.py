"""The body of a brief in the media type that `Accept` asks for, and its entity tag."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from litestar.exceptions import HTTPException

from service.api.platform.accept import best_match
from service.representations.html import to_html
from service.representations.markdown import to_markdown
from service.representations.ninjs import NINJS, to_ninjs
from service.schemas.conversion import to_response
from service.schemas.offsets import OffsetUnit
from service.schemas.wire import CacheOut, StatusOut
from service.store.briefs import StoredBrief

REPRESENTATIONS = ("application/json", "text/markdown", "text/html", NINJS)
"""Media types of a brief, the first by default."""


def negotiate(accept: str) -> str:
    """The media type to give a brief in. Raises `HTTPException` with 406 if none is accepted."""
    if (found := best_match(accept, REPRESENTATIONS)) is None:
        raise HTTPException(
            status_code=406, detail=f"A brief can be had as {', '.join(REPRESENTATIONS)}."
        )
    return found


def represent(stored: StoredBrief, media_type: str, unit: OffsetUnit, status: StatusOut) -> bytes:
    """The body of a brief; its age is left out, so that it changes only with the brief."""
    if media_type == "text/markdown":
        return to_markdown(stored.brief, stored.articles, status.notices()).encode()
    if media_type == "text/html":
        return to_html(stored.brief, stored.articles, status.notices()).encode()
    if media_type == NINJS:
        made_at = datetime.fromtimestamp(stored.made_at, UTC)
        return to_ninjs(
            stored.brief,
            stored.articles,
            made_at,
            status.notices(),
            withheld=bool(status.retractions),
        )
    response = to_response(stored.brief, stored.texts(), unit, CacheOut("hit", 0), status)
    return msgspec.json.encode(response)
