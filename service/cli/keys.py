"""`newsbrief keys`: API keys, and the secrets that callbacks are signed with."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import click

from service.errors import InvalidRequest, InvalidSettings, Unavailable
from service.settings import Settings

if TYPE_CHECKING:
    from service.store.apikeys import ApiKeys

T = TypeVar("T")


@click.group()
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
