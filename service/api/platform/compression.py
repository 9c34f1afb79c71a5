"""gzip of answers that are given often: what stays the same is compressed once."""

from __future__ import annotations

import struct
import zlib

import msgspec

LEVEL = 6
"""zlib's own default: an answer is compressed once and sent often."""


class Compressed(msgspec.Struct, frozen=True):
    """The beginning of a gzip member (RFC 1952) that ends on a byte, so that more can follow; the
    checksum and the number of bytes of what it holds."""

    head: bytes
    crc: int
    size: int

    @classmethod
    def of(cls, body: bytes) -> Compressed:
        packer = zlib.compressobj(LEVEL, wbits=31)
        head = packer.compress(body) + packer.flush(zlib.Z_FULL_FLUSH)
        return cls(head, zlib.crc32(body), len(body))

    def ended(self, tail: bytes) -> bytes:
        """The whole member, with `tail` behind the body.

        >>> import gzip
        >>> gzip.decompress(Compressed.of(b'{"a": 1,').ended(b' "b": 2}'))
        b'{"a": 1, "b": 2}'
        """
        packer = zlib.compressobj(LEVEL, wbits=-15)
        packed = packer.compress(tail) + packer.flush()
        sums = struct.pack("<II", zlib.crc32(tail, self.crc), (self.size + len(tail)) % 2**32)
        return self.head + packed + sums


def takes_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header (RFC 9110, section 12.5.3) allows gzip by its name.

    >>> takes_gzip("br, GZIP;q=0.5"), takes_gzip("gzip;q=0, *"), takes_gzip("")
    (True, False, False)
    """
    for each in accept_encoding.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() == "gzip":
            return not _is_zero(weight)
    return False


def _is_zero(weight: str) -> bool:
    name, _, value = weight.partition("=")
    return name.strip() == "q" and value.strip().strip("0.") == "" and value.strip() != ""
