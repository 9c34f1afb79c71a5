"""Logs: one JSON object a line on stderr. Ids and counts only, never article text.

What libraries log takes the same form; of an exception only its type and place are told, since
its words may quote what it choked on.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import structlog

REQUEST_ID = re.compile(r"[A-Za-z0-9._~-]{8,64}")
"""An id that a caller may give its request: it can't break a line, a header or a search."""

FRAMES = 8
"""Innermost places of an exception that are told."""

NAME = "newsbrief"


def configure_logging() -> None:
    """Set up structlog, and keep libraries to warnings: SAQ logs the arguments of jobs."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        placed,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(NAME)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [*(each for each in root.handlers if each.get_name() != NAME), handler]
    for name in ("saq", "httpx", "httpcore", "uvicorn", "uvicorn.access", "litestar"):
        logging.getLogger(name).setLevel(logging.WARNING)


def placed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception becomes its type and its place."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event.update(error=type(error).__name__, frames=frames(error))
    return event


def frames(error: BaseException) -> list[str]:
    """Where an error came from, innermost last, without any value."""
    found: list[str] = []
    place = error.__traceback__
    while place is not None:
        code = place.tb_frame.f_code
        found.append(f"{Path(code.co_filename).name}:{code.co_name}:{place.tb_lineno}")
        place = place.tb_next
    return found[-FRAMES:]


def named(given: str) -> str:
    """The id of a request: the caller's if it is sane, else a new one.

    >>> named("desk-7f3a.12"), len(named("two words")), len(named(""))
    ('desk-7f3a.12', 32, 32)
    """
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)


def request_id() -> str:
    """The id of the request that is being served or worked for; "" outside of one."""
    return structlog.contextvars.get_contextvars().get("request_id", "")
