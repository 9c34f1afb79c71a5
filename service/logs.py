"""Logs: one JSON object a line on stderr. Ids and counts only, never article text."""

from __future__ import annotations

import logging
import sys

import structlog


def configure_logging() -> None:
    """Set up structlog, and keep libraries to warnings: SAQ logs the arguments of jobs."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    for name in ("saq", "httpx", "httpcore", "uvicorn.access", "litestar"):
        logging.getLogger(name).setLevel(logging.WARNING)
