"""Charset: a body → its characters, decoded as browsers do.

The WHATWG Encoding Standard says what a label means: `iso-8859-1` and `us-ascii` are windows-1252,
since that is what pages hold that say so. HTML (13.2.3, "the input byte stream") says which label
counts: a byte order mark, then the one that the page is sent with, then the one that it declares.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache

import webencodings

PRESCAN_BYTES = 8192
"""How far a declaration is looked for. HTML asks authors for 1024; browsers read on to the end of
the head, and heads that begin with a licence or a style sheet put it later."""

COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
META = re.compile(rb"<meta[\s/]([^>]{0,1000})>", re.IGNORECASE)
ATTRIBUTE = re.compile(rb"([^\s=/>\"']+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))")
IN_CONTENT = re.compile(rb"charset\s*=\s*[\"']?\s*([^\s;\"']+)", re.IGNORECASE)
XML_DECLARATION = re.compile(
    rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([^\s\"'>]{1,60})", re.IGNORECASE
)

BYTE_ORDER_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

UTF16 = frozenset({"utf-16le", "utf-16be"})

BARE_UTF16 = {b"<\0": "utf-16le", b"\0<": "utf-16be"}
"""How a document begins in UTF-16 without a byte order mark; in no other encoding does one."""

FALLBACK = webencodings.lookup("windows-1252") or webencodings.UTF8

LAST_CONTROL = 0x9F
"""The last of the C1 control characters."""

STANDS_FOR = {"utf-16le": "utf-8", "utf-16be": "utf-8", "x-user-defined": "windows-1252"}
"""What a declaration that could be read as ASCII can't mean, and what is meant (HTML 13.2.3.2)."""


def decode(body: bytes, sent: str | None = None) -> str:
    r"""The characters of a page or a feed; `sent` is the label of its Content-Type.

    Labels that nobody knows are passed over. With none left it is UTF-8 if it can be, else
    windows-1252, the fallback of browsers.

    >>> decode(b"\x93Caf\xe9\x94", "ISO-8859-1"), decode(b"<p>Caf\xc3\xa9"), decode(b"<p>Caf\xe9")
    ('“Café”', '<p>Café', '<p>Café')
    """
    if body.startswith(BYTE_ORDER_MARKS):
        return webencodings.decode(body, webencodings.UTF8)[0]
    bare = BARE_UTF16.get(body[:2])
    encoding = _known(sent)
    if encoding is None or encoding.name in UTF16:
        # A label of UTF-16 for what holds no zero byte is wrong: markup has one in every other.
        wrong = b"\0" not in body[:PRESCAN_BYTES]
        encoding = _known(bare) or (None if wrong else encoding)
    encoding = encoding or next(_declared(body[:PRESCAN_BYTES]), None)
    if encoding is None:
        try:
            return body.decode()
        except UnicodeDecodeError:
            encoding = FALLBACK
    return _decoded(body, encoding)


def _declared(start: bytes) -> Iterator[webencodings.Encoding]:
    """The known encodings that a document declares at its start, in its order."""
    labels: list[bytes] = []
    if stated := XML_DECLARATION.match(start):
        labels.append(stated[1])
    for meta in META.finditer(COMMENT.sub(b"", start)):
        said = {
            name.lower(): double or single or bare
            for name, double, single, bare in ATTRIBUTE.findall(meta[1])
        }
        if b"charset" in said:
            labels.append(said[b"charset"])
        elif said.get(b"http-equiv", b"").strip().lower() == b"content-type":
            labels += IN_CONTENT.findall(said.get(b"content", b""))[:1]
    for label in labels:
        if (encoding := _known(label.decode("latin-1"))) is not None:
            meant = STANDS_FOR.get(encoding.name)
            yield _known(meant) or encoding


def _known(label: str | None) -> webencodings.Encoding | None:
    return webencodings.lookup(label.strip(" \t\r\n\"'")) if label else None


def _decoded(body: bytes, encoding: webencodings.Encoding) -> str:
    if encoding.name.startswith("windows-"):
        return body.decode("latin-1").translate(_characters(encoding))
    return encoding.codec_info.decode(body, "replace")[0]


@cache
def _characters(encoding: webencodings.Encoding) -> dict[int, str]:
    """Byte → character of a windows code page, where they differ; what it leaves undefined in 0x80
    to 0x9F is the control character of that number, as in the standard and unlike Python's codec."""
    decode = encoding.codec_info.decode
    found = {byte: decode(bytes([byte]), "replace")[0] for byte in range(0x80, 0x100)}
    return {byte: each for byte, each in found.items() if each != "\ufffd" or byte > LAST_CONTROL}
