"""What the commands read: articles from files, folders or stdin."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from service.errors import InvalidRequest
from service.settings import Settings

TEXT_SUFFIXES = (".txt", ".html", ".htm")


def read_articles(paths: tuple[str, ...]) -> Any:
    """Files, folders or stdin → a wire request."""
    from service.schemas.wire import ArticleIn, BriefRequest, OptionsIn

    if "-" in paths:
        if len(paths) > 1:
            raise click.UsageError("- (stdin) can't be combined with other paths.")
        return decode(sys.stdin.buffer.read(), BriefRequest, "stdin")
    articles: list[ArticleIn] = []
    options = OptionsIn()
    for path in files([Path(each) for each in paths]):
        if path.suffix != ".json":
            content = utf8(path)
            articles.append(
                ArticleIn(id=path.stem, text=content)
                if path.suffix == ".txt"
                else ArticleIn(id=path.stem, html=content)
            )
            continue
        held = decode(path.read_bytes(), BriefRequest | list[ArticleIn], str(path))
        articles += held if isinstance(held, list) else held.articles
        options = options if isinstance(held, list) else held.options
    return BriefRequest(articles=articles, options=options)


def fetched(articles: list[Any], settings: Settings) -> Any:
    """The articles with the texts of those that are only URLs, as a worker fetches them."""
    from service.jobs.fetch_articles import Gathered, fetch_articles
    from service.sources.extract import extract
    from service.worker import fetcher, limits

    if not any(each.fetched for each in articles):
        return Gathered(articles)
    return asyncio.run(fetch_articles(articles, fetcher(settings), extract, limits(settings)))


def files(paths: list[Path]) -> list[Path]:
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


def utf8(path: Path) -> str:
    """A file's text as it is: no newline is translated, since offsets refer to it."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"{str(path)!r} is not UTF-8 (byte {error.start}). Convert it, for example with iconv."
        ) from error


def decode(data: bytes, kind: Any, name: str) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"{name} is no request or list of articles: {error}.") from error
