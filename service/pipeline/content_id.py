"""Content addresses: request keys and brief ids. The same request under the same fingerprint has the same."""

from __future__ import annotations

import hashlib

import msgspec

from service.pipeline.types import Request

ID_BYTES = 16
"""128 bits: collisions stay out of reach at any number of briefs a newsroom makes."""


def digest(namespace: str, request: msgspec.Struct, fingerprint: str) -> str:
    """`namespace`, a request (wire or pipeline) and a fingerprint → 32 hex digits.

    Members are encoded with sorted keys, so key order never matters; the caller puts the
    articles in canonical order (by id) and removes what does not change the result.
    """
    hasher = hashlib.sha256()
    for part in (
        namespace.encode(),
        fingerprint.encode(),
        msgspec.json.encode(request, order="sorted"),
    ):
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.hexdigest()[: 2 * ID_BYTES]


def canonical_request(request: Request) -> Request:
    """The request with its articles in order of their ids: their order changes nothing. The
    predecessor is in it by its id."""
    return msgspec.structs.replace(
        request,
        articles=tuple(sorted(request.articles, key=lambda article: article.id)),
        previous=(),
    )
