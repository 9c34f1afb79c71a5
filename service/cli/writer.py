"""`newsbrief writer`: the writer's model for the workers of other machines."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from functools import partial
from types import FrameType

import click

from service.errors import InvalidSettings
from service.settings import Settings


@click.command()
@click.option("--host", help="Where it listens; NEWSBRIEF_HOST unless told.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
def writer(host: str | None, port: int) -> None:
    """Serve the writer's model to workers, on this machine or others.

    They find it by NEWSBRIEF_WRITER=http://HOST:PORT/v1#newsbrief-writer. It fetches no model.
    """
    settings = Settings.from_environ(os.environ)
    serve_writer(settings, host or settings.host, port)


def serve_writer(settings: Settings, host: str, port: int) -> None:
    """Keep the private server up and answer for it, until SIGINT or SIGTERM.

    Raises `InvalidSettings` for an address that others could reach without a key, and for a writer
    that is no GGUF file; `ModelMissing` for one that is not here.
    """
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE

    from service.cli.server import is_loopback
    from service.logs import configure_logging
    from service.models.llama_server import answers, private_reader, private_writer
    from service.models.loading import writer_server
    from service.models.registry import locate
    from service.models.shared_writer import READER, WRITER
    from service.worker import model_config
    from service.writer_app import create_writer_app

    if not (is_loopback(host) or settings.writer_api_key or settings.allow_anonymous):
        raise InvalidSettings(
            f"{host!r} can be reached from other machines, and no key is asked for. Set"
            " NEWSBRIEF_WRITER_API_KEY, here and for the workers, listen on 127.0.0.1, or set"
            " NEWSBRIEF_ALLOW_ANONYMOUS=1 where the network itself is closed."
        )
    configure_logging()
    signal.signal(signal.SIGTERM, _leave)
    config = model_config(settings)
    with writer_server(config) as home:
        if home is None or config.writer is None:
            raise InvalidSettings(
                f"NEWSBRIEF_WRITER={settings.writer!r}: `newsbrief writer` serves a model of the"
                " registry or a GGUF file."
            )
        located = locate(config.writer, "writer", config.model_dir)
        models = {WRITER: private_writer(located, home, deadline_s=config.writer_deadline_s)}
        if reader := private_reader(located, home, deadline_s=config.writer_deadline_s):
            models[READER] = reader
        app = create_writer_app(models, partial(answers, home), settings.writer_api_key)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                timeout_graceful_shutdown=settings.shutdown_grace_s,
                access_log=False,
                log_config=None,
                server_header=False,
            )
        )
        with suppress(KeyboardInterrupt):  # uvicorn raises it again once it has drained
            server.run()
        if not server.started:
            sys.exit(STARTUP_FAILURE)


def _leave(signum: int, frame: FrameType | None) -> None:
    """Unwind instead of dying: uvicorn raises the signal again after it has drained."""
    sys.exit(0)
