"""Guard: no request leaves for a place that only this machine or its network can reach.

Everything that is fetched for a caller goes through `Guarded`: the first request, each
redirect, robots.txt. A host is resolved once, every address it has is vetted, and the
connection is made to a vetted address, so that a name can't answer twice (DNS rebinding).
The Host header, SNI and the certificate's check keep the name.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

import httpx
import msgspec

from service.errors import FetchFailed, InvalidSettings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolve = Callable[[str, int], Awaitable[list[Address]]]
"""A name and a port → its addresses, at least one; raises `OSError` where it has none."""

NO_URL = (httpx.InvalidURL, UnicodeError)
"""What httpx raises for a URL: at once, or, of a host such as `xn--a`, when its `host` is read."""

PORTS = frozenset({80, 443})
"""Where newspapers are served; anything else is more likely somebody's machinery."""

NAT64 = IPv6Network("64:ff9b::/96")
"""RFC 6052: a network's own gateway to the IPv4 address in the last 32 bits."""

UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is assigned for global unicast; IPv4-compatible and mapped forms lie outside."""


RESERVED: tuple[Network, ...] = (
    IPv4Network("192.0.0.0/24"),
    IPv4Network("192.88.99.0/24"),
    IPv6Network("2001::/23"),
    IPv6Network("3fff::/20"),
)
"""Protocol assignments, relays and examples that some Pythons' `is_global` takes for public."""


class Allowed(msgspec.Struct, frozen=True):
    """A place that the operator allows although it is not public: a name or a network, and
    a port, or any of the usual ports."""

    name: str | None = None
    network: Network | None = None
    port: int | None = None


class Policy(msgspec.Struct, frozen=True):
    """What may be fetched: public addresses at `ports`, and what is listed in `allow`."""

    ports: frozenset[int] = PORTS
    allow: tuple[Allowed, ...] = ()

    @classmethod
    def parse(cls, allow: str) -> Policy:
        """From NEWSBRIEF_FETCH_ALLOW: hosts, addresses or networks, each with or without a port.

        >>> [(str(each.network or each.name), each.port)
        ...  for each in Policy.parse("10.1.0.0/16, cms.local:8080 [::1]:81").allow]
        [('10.1.0.0/16', None), ('cms.local', 8080), ('::1/128', 81)]
        """
        return cls(allow=tuple(_allowed(entry) for entry in re.split(r"[\s,]+", allow) if entry))

    def host(self, url: httpx.URL) -> tuple[str, int]:
        """The host and port that a URL leads to. Raises `FetchFailed` for what no address
        could make right: its scheme, credentials in it, its port."""
        if url.scheme not in {"http", "https"}:
            raise _blocked(f"Only http and https are fetched, not {url.scheme[:20]!r}.")
        if url.userinfo:
            raise _blocked("URLs with a user name or a password in them are not fetched.")
        try:
            _ = url.host
        except NO_URL:
            raise FetchFailed("unreachable", "The URL's host is no name.") from None
        host = url.raw_host.decode().lower().rstrip(".")
        # Port 0 is no port that is left out.
        port = url.port if url.port is not None else 443 if url.scheme == "https" else 80
        if not host:
            raise _blocked("The URL names no host.")
        if port not in self.ports and all(each.port != port for each in self.allow):
            ports = " and ".join(str(each) for each in sorted(self.ports))
            raise _blocked(f"Port {port} is not fetched from, only {ports}.")
        return host, port

    def vet(self, host: str, port: int, address: Address) -> None:
        """Raises `FetchFailed` if this address of the host must not be connected to."""
        for each in self.allow:
            named = each.name == host or (each.network is not None and address in each.network)
            if named and (port in self.ports if each.port is None else port == each.port):
                return
        if port not in self.ports or not public(address):
            # Which address it was would tell a caller about the operator's network.
            raise _blocked(f"{host[:100]!r} is not a public address at a port that is allowed.")


def _allowed(entry: str) -> Allowed:
    host, port = entry, None
    if matched := re.fullmatch(r"(\[[^\]]+\]|[^:\[\]]+):(\d{1,5})", entry):
        host, port = matched[1], int(matched[2])
    try:
        return Allowed(network=ip_network(host.strip("[]")), port=port)
    except ValueError:
        if not re.fullmatch(r"[\w.-]+", host):
            raise InvalidSettings(
                f"NEWSBRIEF_FETCH_ALLOW: {entry[:60]!r} is no host, address or network; give"
                " cms.example.org:8080, 10.0.0.7 or 10.1.0.0/16, separated by spaces or commas."
            ) from None
        return Allowed(name=host.lower().rstrip("."), port=port)


def public(address: Address) -> bool:
    """Whether everybody on the internet reaches the same machine under this address.

    An IPv6 address that carries an IPv4 one (mapped, 6to4, NAT64) is as public as that;
    Teredo and IPv4-compatible ones never are, nor is what names one of this machine's links (`%eth0`).
    """
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        if address in NAT64:
            return public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if (carried := address.ipv4_mapped or address.sixtofour) is not None:
            return public(carried)
        if address not in UNICAST:
            return False
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved)
        and not any(address in network for network in RESERVED)
    )


def literal(host: str) -> Address | None:
    """The address that a host is, also as C libraries read it: 127.1, 0x7f000001, 017700000001."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


async def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a name, from the system, in its order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(address[0]) for *_, address in found))


class Guarded(httpx.AsyncBaseTransport):
    """A transport that connects only where the policy allows.

    Connections are not kept: one to an address must not serve another name at that
    address, whose certificate it has not shown.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        trust: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
        inner: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._policy = policy
        self._resolve = resolve
        self._inner = inner or httpx.AsyncHTTPTransport(
            verify=trust or httpx.create_ssl_context(trust_env=False),
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host, port = self._policy.host(request.url)
        addresses = await self._addresses(host, port)
        for address in addresses:
            self._policy.vet(host, port, address)
        for address in addresses[:-1]:
            try:
                return await self._sent(request, host, address)
            except httpx.ConnectError:
                continue
        return await self._sent(request, host, addresses[-1])

    async def _addresses(self, host: str, port: int) -> list[Address]:
        if (address := literal(host)) is not None:
            return [address]
        try:
            return await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise FetchFailed("unreachable", f"{host[:100]!r} has no address.") from None

    async def _sent(self, request: httpx.Request, host: str, address: Address) -> httpx.Response:
        """The request, sent to the address; its Host header is the name's already."""
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=str(address)),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def _blocked(message: str) -> FetchFailed:
    return FetchFailed("blocked-address", message)
