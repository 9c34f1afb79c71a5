"""Fetch: a URL → the page it leads to, bounded in time and bytes, through the guard.

The one place that reads the web. It says who it is, heeds robots.txt, keeps no cookies
from one page to the next, and never uses a proxy or credentials of its environment. What it
keeps of a page, and where, is the cache's business (`service.sources.cache`).
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar
from weakref import WeakValueDictionary

import httpx
import msgspec
from protego import Protego

from service.errors import FetchFailed
from service.sources.cache import Kept, NoCache, Page, PageCache, keep
from service.sources.charset import decode
from service.sources.guard import NO_URL, Guarded, Policy, Resolve, resolve
from service.sources.page_metadata import HTML, refresh_target, refreshed, said_of_use

T = TypeVar("T")

PAGE = frozenset({"text/html", "application/xhtml+xml"})
"""What extraction can read; a page that doesn't say what it is counts as HTML."""

FEED = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
     "application/xml", "application/json", "text/xml", "text/html", "text/plain"}
)  # fmt: skip
"""The media types that feeds are asked for as. They are served as many more: what a feed's URL
answers is read whatever its label, and parsing decides whether it is one."""

NO_FEED = ("image/", "audio/", "video/", "font/", "application/pdf")
"""Labels that no feed has: what has one is not downloaded."""

GZIP_MAGIC = b"\x1f\x8b\x08"
"""How a gzip file begins (RFC 1952, 2.3.1); no text does."""

GZIP_OR_ZLIB = 47
"""zlib's window bits for "either header, at the largest window"."""

ROBOTS_BYTES = 500 * 1024
"""How much of a robots.txt is read: the least that RFC 9309 (2.5) asks for."""

ROBOTS_KEPT = 256
"""How many hosts' robots.txt are remembered, those asked for last."""

ROBOTS_S = 3600.0
"""How long one is remembered; RFC 9309 (2.4) allows a day."""


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`deadline_s` is for one page with its redirects and robots.txt, from when its host's
    turn came; `bytes` are counted after decompression; `per_host` fetches of one host run
    at once; a page that is kept is not asked after for `fresh_s`."""

    deadline_s: float = 20.0
    bytes: int = 5_000_000
    redirects: int = 5
    per_host: int = 2
    fresh_s: float = 60.0


class Fetcher:
    """Fetches pages; one serves a whole process."""

    def __init__(
        self,
        policy: Policy,
        limits: FetchLimits,
        *,
        user_agent: str,
        robots: bool = True,
        resolve: Resolve = resolve,
        cache: PageCache | None = None,
    ) -> None:
        self._policy = policy
        self._limits = limits
        self._user_agent = user_agent
        self._heed_robots = robots
        self._resolve = resolve
        self._cache = cache or NoCache()
        self._trust = httpx.create_ssl_context(trust_env=False)
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._rules: OrderedDict[str, tuple[float, Protego]] = OrderedDict()

    async def fetch(self, url: str, accepted: frozenset[str] = PAGE) -> Page:
        """The page at a URL, of one of the `accepted` media types, from the cache if it is fresh
        there. Raises `FetchFailed`, whose code says why there is none."""
        try:
            asked = httpx.URL(url)
            host = asked.host
        except NO_URL:
            raise FetchFailed("unreachable", "This is no URL.") from None
        slot = self._hosts.setdefault(host, asyncio.Semaphore(self._limits.per_host))
        try:
            async with slot, asyncio.timeout(self._limits.deadline_s), self._client() as client:
                return await self._follow(partial(self._page, client, accepted), asked)
        except TimeoutError:
            detail = f"No page within {self._limits.deadline_s:g} seconds."
            raise FetchFailed("timeout", detail) from None
        except httpx.TimeoutException:
            raise FetchFailed("timeout", "The server stopped answering.") from None
        except NO_URL:
            raise FetchFailed("unreachable", "It redirects to what is no URL.") from None
        except httpx.HTTPError as error:
            detail = f"The server can't be reached or breaks off ({type(error).__name__})."
            raise FetchFailed("unreachable", detail) from None

    def _client(self) -> httpx.AsyncClient:
        """One page's client: cookies and connections end with the page."""
        return httpx.AsyncClient(
            transport=Guarded(self._policy, trust=self._trust, resolve=self._resolve),
            trust_env=False,
            timeout=self._limits.deadline_s,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "gzip"},
        )

    async def _follow(
        self, ask: Callable[[httpx.URL], Awaitable[T | httpx.URL]], url: httpx.URL
    ) -> T:
        """What `ask` gives at the end of redirects; at each hop it gives a URL."""
        for _ in range(self._limits.redirects + 1):
            found = await ask(url)
            if not isinstance(found, httpx.URL):
                return found
            url = found
        detail = f"It redirects more than {self._limits.redirects} times."
        raise FetchFailed("too-many-redirects", detail)

    async def _page(
        self, client: httpx.AsyncClient, accepted: frozenset[str], url: httpx.URL
    ) -> Page | httpx.URL:
        """The page at a URL, or where it redirects to, with a status or with a refresh. Only a page
        is kept, not a redirect."""
        self._policy.host(url)
        accept = ", ".join(sorted(accepted))
        name = f"{accept} {url}"
        held, now = await self._cache.get(name), time.time()
        if held is not None and now < held.fresh_until:
            return await _onward(held.page, accepted)
        if self._heed_robots:
            await self._heed(client, url)
        headers = {"Accept": accept, **(held.conditions() if held is not None else {})}
        async with client.stream("GET", url, headers=headers) as response:
            if response.next_request is not None:
                return response.next_request.url
            if (onward := _refreshed(response)) is not None:
                return onward
            unchanged = held if response.status_code == 304 else None
            came = unchanged or Kept(await self._read(response, accepted))
        kept = keep(came, response.headers, now, self._limits.fresh_s)
        if kept is not None or held is not None:
            await self._cache.put(name, kept)
        return await _onward(came.page, accepted)

    async def _read(self, response: httpx.Response, accepted: frozenset[str]) -> Page:
        if response.status_code >= 300:
            raise FetchFailed("http-status", f"The server answers {response.status_code}.")
        sent = response.headers.get("Content-Type") or "text/html"
        media_type = sent.split(";")[0].strip().lower()
        if accepted == FEED and media_type.startswith(NO_FEED):
            raise FetchFailed("not-a-feed", f"It is {media_type[:60]!r}, not a feed.")
        if accepted != FEED and media_type not in accepted:
            raise FetchFailed("not-an-article", f"It is {media_type[:60]!r}, not a web page.")
        body = await _body(response, self._limits.bytes)
        if body.startswith(GZIP_MAGIC):
            body = _unpacked(body, self._limits.bytes)
        rights = said_of_use(response.headers.multi_items())
        return Page(str(response.url), decode(body, response.charset_encoding), rights)

    async def _heed(self, client: httpx.AsyncClient, url: httpx.URL) -> None:
        self._policy.host(url)
        origin = f"{url.scheme}://{url.netloc.decode()}"
        now = asyncio.get_running_loop().time()
        read_at, rules = self._rules.get(origin, (0.0, None))
        if rules is None or now - read_at > ROBOTS_S:
            rules = await self._follow(partial(self._robots, client), url.join("/robots.txt"))
            self._rules[origin] = now, rules
            if len(self._rules) > ROBOTS_KEPT:
                self._rules.popitem(last=False)
        self._rules.move_to_end(origin)
        if not rules.can_fetch(str(url), self._user_agent):
            raise FetchFailed("robots", "The site's robots.txt asks not to fetch this page.")

    async def _robots(self, client: httpx.AsyncClient, url: httpx.URL) -> Protego | httpx.URL:
        """A site's rules, by RFC 9309: none if there is no file, all forbidden if the site fails."""
        async with client.stream("GET", url) as response:
            if response.next_request is not None:
                return response.next_request.url
            if response.status_code >= 500:
                detail = f"The site's robots.txt answers {response.status_code}; try again later."
                raise FetchFailed("robots", detail)
            if response.status_code >= 300:
                return Protego.parse("")
            try:
                body = await _body(response, ROBOTS_BYTES)
            except FetchFailed as failed:
                raise FetchFailed("robots", "The site's robots.txt can't be read.") from failed
            return Protego.parse(body.decode(errors="replace"))


async def _body(response: httpx.Response, limit: int) -> bytes:
    """The decompressed body; no more than `limit` bytes of it are ever held."""
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip", "deflate", ""}:
        raise FetchFailed("not-an-article", f"It is compressed as {encoding[:20]!r}, not gzip.")
    packed = None if encoding in {"identity", ""} else zlib.decompressobj(GZIP_OR_ZLIB)
    body = bytearray()
    async for chunk in response.aiter_raw():
        try:
            # One byte more than is allowed tells that there is more.
            body += packed.decompress(chunk, limit + 1 - len(body)) if packed else chunk
        except zlib.error:
            raise FetchFailed("unreachable", "The page's compression is damaged.") from None
        if len(body) > limit:
            raise FetchFailed("too-large", f"The page is larger than {limit} bytes.")
    if packed is not None and not packed.eof:
        raise FetchFailed("unreachable", "The page breaks off.")
    return bytes(body)


def _unpacked(body: bytes, limit: int) -> bytes:
    """What a gzip file holds, its first member; no more than `limit` bytes of it are ever held."""
    packed = zlib.decompressobj(GZIP_OR_ZLIB)
    try:
        found = packed.decompress(body, limit + 1)
    except zlib.error:
        raise FetchFailed("unreachable", "The gzip file is damaged.") from None
    if len(found) > limit:
        raise FetchFailed("too-large", f"The gzip file holds more than {limit} bytes.")
    if not packed.eof:
        raise FetchFailed("unreachable", "The gzip file breaks off.")
    return found


def _refreshed(response: httpx.Response) -> httpx.URL | None:
    """Where the header `Refresh` leads, which browsers take for the `<meta>` of the same name."""
    target = refreshed(response.headers.get("Refresh", ""), str(response.url))
    return httpx.URL(target) if response.is_success and target is not None else None


async def _onward(page: Page, accepted: frozenset[str]) -> Page | httpx.URL:
    """The page, or where it refreshes to; of a feed only what is HTML is asked for that."""
    if accepted == FEED and not HTML.match(page.markup):
        return page
    # Parsed in a thread: a page may have megabytes.
    target = await asyncio.to_thread(refresh_target, page.markup, page.url)
    return page if target is None else httpx.URL(target)
