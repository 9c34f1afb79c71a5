"""`newsbrief check`: a draft of one's own against articles in files."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from service.cli.inputs import fetched, files, read_articles, utf8
from service.cli.models import pull_chosen
from service.cli.progress import Bar
from service.settings import Settings

UNSUPPORTED = 5
"""The exit code where the articles don't support all of the draft."""


@click.command()
@click.argument("draft", metavar="DRAFT")
@click.argument("paths", nargs=-1, required=True, metavar="ARTICLES...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--offset-unit", type=click.Choice(["codepoint", "utf16", "utf8"]))
def check(draft: str, paths: tuple[str, ...], form: str, offset_unit: Any) -> None:
    """Check your own DRAFT (a text file, or - for stdin) against ARTICLES; exit 5 if the
    articles don't support all of it."""
    from service.models.loading import opened
    from service.pipeline.check_draft import check_draft
    from service.representations.text import report_to_text
    from service.schemas.conversion import check_limits, to_check_response, to_draft_request
    from service.schemas.ninjs import read_ninjs
    from service.schemas.wire import CacheOut, CheckOptionsIn, CheckRequest
    from service.sources.extract import extract
    from service.store.computation_cache import MemoryComputationCache
    from service.worker import limits, model_config

    settings = Settings.from_environ(os.environ)
    text = sys.stdin.read() if draft == "-" else utf8(files([Path(draft)])[0])
    options = CheckOptionsIn(offset_unit=offset_unit or "codepoint")
    wire = CheckRequest(text=text, articles=read_articles(paths).articles, options=options)
    check_limits(wire := read_ninjs(wire), limits(settings))
    config = model_config(settings)
    with Bar() as bar:
        pull_chosen(config, settings.model_dir, bar)
        bar.show("loading models", 0, 1)
        gathered = fetched(wire.articles, settings)
        wire = msgspec.structs.replace(wire, articles=gathered.articles)
        request = to_draft_request(wire, extract, unread=gathered.unread)
        with opened(config) as models:
            report = check_draft(request, models, MemoryComputationCache(), bar.pipeline_event)
    if form == "json":
        texts = {article.id: article.text for article in request.articles}
        response = to_check_response(
            report, text, texts, wire.options.offset_unit, CacheOut("miss", 0)
        )
        click.echo(msgspec.json.format(msgspec.json.encode(response), indent=2))
    else:
        click.echo(report_to_text(report, request.articles), nl=False)
    if set(report.statuses) - {"supported"}:
        sys.exit(UNSUPPORTED)
