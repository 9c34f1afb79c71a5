"""The Prefer header (RFC 7240): what a caller wishes of an answer that takes long."""

from __future__ import annotations

import re

import msgspec

_ELEMENT = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*"?)+')
"""One preference of the list: a comma within quotes does not end it."""

_SECONDS = re.compile(r"[0-9]{1,9}")


class Preferences(msgspec.Struct, frozen=True):
    """The preferences that this service knows; `wait_s` bounds how long to wait."""

    respond_async: bool = False
    wait_s: int | None = None


def parse_prefer(header: str) -> Preferences:
    """The known preferences of a Prefer header; others, and what can't be read, are ignored.

    Of a preference given twice the first counts, as the RFC has it.

    >>> parse_prefer('handling=lenient, Respond-Async; x="a, wait=1", wait="5", wait=9')
    Preferences(respond_async=True, wait_s=5)
    >>> parse_prefer("wait=soon, respond-async=no")
    Preferences(respond_async=False, wait_s=None)
    """
    given: dict[str, str] = {}
    for element in _ELEMENT.findall(header):
        name, _, value = element.split(";", 1)[0].partition("=")
        given.setdefault(name.strip().lower(), value.strip().strip('"'))
    wait = given.get("wait", "")
    return Preferences(
        respond_async=given.get("respond-async") == "",
        wait_s=int(wait) if _SECONDS.fullmatch(wait) else None,
    )


def applied(preferences: Preferences) -> dict[str, str]:
    """The header that says which preference was followed; empty if there was none.

    >>> applied(Preferences(wait_s=5))
    {'Preference-Applied': 'wait=5'}
    """
    if preferences == Preferences():
        return {}
    name = "respond-async" if preferences.respond_async else f"wait={preferences.wait_s}"
    return {"Preference-Applied": name}
