"""`newsbrief serve`, `api` and `worker`: the processes of the service."""

from __future__ import annotations

import os

import click

from service.cli.models import pull_chosen
from service.cli.progress import Bar
from service.settings import Settings


@click.command()
def serve() -> None:
    """Run the API, a worker and (without NEWSBRIEF_REDIS_URL) a private Valkey."""
    from service.cli.server import serve as run_all
    from service.worker import model_config

    settings = Settings.from_environ(os.environ)
    with Bar() as bar:
        pull_chosen(model_config(settings), settings.model_dir, bar)
    click.echo(
        f"Newsbrief on http://{settings.host}:{settings.port} (reference: /schema)", err=True
    )
    run_all(settings)


@click.command()
def api() -> None:
    """Run the API alone on the Redis that NEWSBRIEF_REDIS_URL names; it loads no model."""
    from service.cli.server import api as run_api

    run_api(Settings.from_environ(os.environ))


@click.command()
def worker() -> None:
    """Run one worker on the Redis that NEWSBRIEF_REDIS_URL names."""
    from service.worker import worker as run_worker

    run_worker(Settings.from_environ(os.environ))
