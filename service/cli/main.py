"""The command line: `newsbrief brief|check|batch|models|keys|serve|api|worker|writer|mcp`.

Exit codes: 0 done; 1 unexpected; 2 the input or the usage is wrong; 3 a model is missing
or can't be used; 4 nothing could be briefed; 5 a draft has sentences that the articles don't
support; 6 lines of a batch have no brief; 130 interrupted.
"""

from __future__ import annotations

import os
import sys

import click

import service
from service.cli.batch import batch
from service.cli.brief import brief
from service.cli.check import check
from service.cli.keys import keys
from service.cli.mcp import mcp
from service.cli.models import models
from service.cli.processes import api, serve, worker
from service.cli.writer import writer
from service.errors import (
    InvalidRequest,
    InvalidSettings,
    ModelError,
    NewsbriefError,
    NothingToBrief,
)

EXIT_CODES: tuple[tuple[type[NewsbriefError], int], ...] = (
    (NothingToBrief, 4),
    (InvalidRequest, 2),
    (InvalidSettings, 2),
    (ModelError, 3),
)


def main() -> None:
    """Run a command; expected errors are one line on stderr and an exit code."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except NewsbriefError as error:
        click.echo(f"newsbrief: {error}", err=True)
        sys.exit(next((code for kind, code in EXIT_CODES if isinstance(error, kind)), 1))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(service.__version__, prog_name="newsbrief")
def cli() -> None:
    """One consolidated brief from many articles, every sentence cited."""


for each in (brief, check, batch, models, keys, serve, api, worker, writer, mcp):
    cli.add_command(each)
