"""Rights: what an article says of its use, as one short line, and whether that is a reservation."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_RIGHTS = 500
"""In characters. A statement of rights is a line or two; a longer one is cut at a word."""

MINING = r"(?:data[\s-]?mining|\bTDM\b(?!-)|machine learning|\bAI\b|artificial intelligence)"
FORBIDDEN = r"(?:reserv|prohibit|forbid|exclude|opt(?:ed|s)?[\s-]out|not (?:to )?(?:be )?(?:permitted|allowed|used))"

RESERVED = re.compile(
    rf"tdm-reservation: ?1\b|\bno(?:ai|ml)\b|DMI-PROHIBITED"
    rf"|{MINING}[^.;]{{0,80}}?{FORBIDDEN}|{FORBIDDEN}[^.;]{{0,80}}?{MINING}"
    r"|\bno (?:text (?:and|or|&) )?data[\s-]?mining",
    re.IGNORECASE,
)
"""The TDM Reservation Protocol, the tokens of `robots`, the PLUS vocabulary that IPTC uses for
`dataMining`, and the sentences in which terms of use say it."""


def joined(parts: Iterable[str | None]) -> str | None:
    """Statements as one line, each once; None where there is none.

    >>> joined(["tdm-reservation: 1", None, "tdm-policy: https://a.example/tdm", "tdm-reservation: 1"])
    'tdm-reservation: 1; tdm-policy: https://a.example/tdm'
    """
    every = (one for each in parts for one in " ".join((each or "").split()).split("; "))
    said = dict.fromkeys(one for one in every if one)
    line = "; ".join(said)
    if len(line) > LONGEST_RIGHTS:
        line = line[: LONGEST_RIGHTS - 1].rpartition(" ")[0] or line[: LONGEST_RIGHTS - 1]
        line += "…"
    return line or None


def reserved(rights: str | None) -> bool:
    """Whether text and data mining is reserved.

    >>> [reserved(each) for each in (
    ...  "tdm-reservation: 1", "tdm-reservation: 0", "robots: noai", "© Ada Byrne. All rights reserved.",
    ...  "Use for text and data mining is prohibited.", "For use in print. Free for data mining.")]
    [True, False, True, False, True, False]
    """
    return rights is not None and RESERVED.search(rights) is not None
