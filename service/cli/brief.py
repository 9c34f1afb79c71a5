"""`newsbrief brief`: a brief of articles in files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from service.cli.inputs import fetched, read_articles
from service.cli.models import pull_chosen
from service.cli.progress import Bar
from service.errors import NothingToBrief
from service.settings import Settings


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown", "html"]), default="text"
)
@click.option("--sentences", type=click.IntRange(1, 40), help="Length in sentences (default 8).")
@click.option("--words", type=click.IntRange(20, 2000), help="Length in words, instead.")
@click.option("--focus", help="What the reader wants to know.")
@click.option("--mode", type=click.Choice(["abstractive", "extractive"]))
@click.option("--style", type=click.Choice(["paragraph", "bullets"]))
@click.option("--offset-unit", type=click.Choice(["codepoint", "utf16", "utf8"]))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here.")
def brief(paths: tuple[str, ...], form: str, output: Path | None, **asked: Any) -> None:
    """Brief the articles in PATHs: .txt, .html or .json files, folders of them, or - for a
    request as JSON on stdin."""
    from service.models.loading import opened
    from service.pipeline.run import run
    from service.representations.html import to_html
    from service.representations.markdown import to_markdown
    from service.representations.text import to_text
    from service.schemas.conversion import check_limits, to_request, to_response
    from service.schemas.ninjs import read_ninjs
    from service.schemas.wire import CacheOut
    from service.sources.extract import extract
    from service.store.computation_cache import MemoryComputationCache
    from service.worker import limits, model_config

    settings = Settings.from_environ(os.environ)
    wire = _with_options(read_articles(paths), asked)
    check_limits(wire := read_ninjs(wire), limits(settings))
    config = model_config(settings)
    if wire.options.mode == "extractive":
        config = msgspec.structs.replace(config, writer=None)
    with Bar() as bar:
        pull_chosen(config, settings.model_dir, bar)
        bar.show("loading models", 0, 1)
        gathered = fetched(wire.articles, settings)
        wire = msgspec.structs.replace(wire, articles=gathered.articles)
        request = to_request(wire, extract, unread=gathered.unread)
        with opened(config) as models:
            made = run(request, models, MemoryComputationCache(), bar.pipeline_event)
    texts = {article.id: article.text for article in request.articles}
    if form == "json":
        response = to_response(made, texts, wire.options.offset_unit, CacheOut("miss", 0))
        written = msgspec.json.format(msgspec.json.encode(response), indent=2).decode() + "\n"
    else:
        written = {"text": to_text, "markdown": to_markdown, "html": to_html}[form](
            made, request.articles
        )
    if output is None:
        click.echo(written, nl=False)
    else:
        output.write_text(written, "utf-8")
    if not made.sentences:
        raise NothingToBrief(
            "No sentence could be supported; see what was withheld.", path="articles"
        )


def _with_options(wire: Any, asked: dict[str, Any]) -> Any:
    """The options given on the command line over those of the request."""
    from service.schemas.wire import Length

    given = {name: value for name, value in asked.items() if value is not None}
    sentences, words = given.pop("sentences", None), given.pop("words", None)
    if sentences is not None and words is not None:
        raise click.UsageError("Give --sentences or --words, not both.")
    if sentences is not None or words is not None:
        given["length"] = Length(sentences=sentences, words=words)
    options = msgspec.structs.replace(wire.options, **given)
    return msgspec.structs.replace(wire, options=options)
