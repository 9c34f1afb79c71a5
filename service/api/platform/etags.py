"""Entity tags: which representation an answer is, and whether the caller has it already."""

from __future__ import annotations

import hashlib

from service.schemas.offsets import OffsetUnit


def entity_tag(body: bytes, media_type: str, unit: OffsetUnit) -> str:
    """The ETag of one representation of a brief, in quotes."""
    return f'"{hashlib.sha256(media_type.encode() + unit.encode() + body).hexdigest()[:32]}"'


def packed_tag(tag: str) -> str:
    """The tag of the same representation, compressed."""
    return f'{tag[:-1]}-gzip"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether one of the tags of an If-None-Match header is this one, weak or strong, or that of the
    same representation compressed.

    >>> matches('W/"a", "b"', '"a"'), matches('"a-gzip"', '"a"'), matches('"b"', '"a"')
    (True, True, False)
    """
    known = {tag, packed_tag(tag), "*"}
    return any(each.strip().removeprefix("W/") in known for each in if_none_match.split(","))
