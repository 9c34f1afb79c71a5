"""What the guard lets through, and what it connects to."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest

from service.errors import FetchFailed, InvalidSettings
from service.sources.guard import Address, Guarded, Policy
from tests.sources.server import site

PUBLIC = "93.184.215.14"
OPENSSL = shutil.which("openssl")


class Wire(httpx.AsyncBaseTransport):
    """Records what would be sent."""

    def __init__(self, refuses: str = "") -> None:
        self.sent: list[httpx.Request] = []
        self._refuses = refuses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        if request.url.host == self._refuses:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)


class Names:
    """A resolver that gives its answers one after another, and counts them."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[Address]:
        self.asked += 1
        return [ip_address(each) for each in self._answers[min(self.asked, len(self._answers)) - 1]]


def get(url: str, names: Names | None = None, wire: Wire | None = None, allow: str = "") -> Wire:
    wire = wire or Wire()
    guarded = Guarded(Policy.parse(allow), resolve=names or Names([PUBLIC]), inner=wire)

    async def fetch() -> None:
        async with httpx.AsyncClient(transport=guarded, trust_env=False) as client:
            await client.get(url)

    asyncio.run(fetch())
    return wire


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "0", "0.0.0.0",  # noqa: S104
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8", "192.88.99.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "[::]", "[::1]", "[fc00::1]", "[fe80::1]", "[ff02::1]", "[2001:db8::1]", "[::127.0.0.1]",
        "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[2002:7f00:1::]", "[64:ff9b::10.0.0.1]",
        "[64:ff9b:1::808:808]", "[2001:0:808:808::1]", "[fec0::1]", "[2606:4700::1%25eth0]",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused_in_every_form(host: str):
    wire = Wire()

    with pytest.raises(FetchFailed) as failed:
        get(f"http://{host}/", wire=wire)

    assert (failed.value.code, wire.sent) == ("blocked-address", [])


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fd00::1"]
)
def test_a_name_with_any_address_that_is_not_public_is_refused(address: str):
    wire = Wire()

    with pytest.raises(FetchFailed, match="not a public address"):
        get("https://news.example/", Names([PUBLIC, address]), wire)

    assert wire.sent == []


@pytest.mark.parametrize(
    "url",
    [
        "https://editor:secret@news.example/",
        "http://editor@news.example/",
        "http://news.example:22/",
        "https://news.example:6379/",
        "http://news.example:0/",
    ],
)
def test_credentials_and_other_ports_are_refused_without_a_look_up(url: str):
    names = Names([PUBLIC])

    with pytest.raises(FetchFailed) as failed:
        get(url, names)

    assert (failed.value.code, names.asked) == ("blocked-address", 0)
    assert "secret" not in str(failed.value)


@pytest.mark.parametrize(
    "url", ["ftp://news.example/", "file:///etc/passwd", "gopher://a.example/"]
)
def test_other_schemes_are_refused(url: str):
    with pytest.raises(FetchFailed, match="Only http and https"):
        Policy().host(httpx.URL(url))


def test_a_name_that_answers_twice_has_no_second_chance():
    names = Names([PUBLIC], ["127.0.0.1"])

    wire = get("http://news.example/", names)

    assert (names.asked, wire.sent[0].url.host) == (1, PUBLIC)


def test_the_name_stays_in_host_header_and_tls():
    wire = get("https://News.example/a?b=c")

    assert str(wire.sent[0].url) == f"https://{PUBLIC}/a?b=c"
    assert wire.sent[0].headers["Host"] == "news.example"
    assert wire.sent[0].extensions["sni_hostname"] == "news.example"


def test_the_next_address_is_tried_where_one_refuses():
    wire = get("http://news.example/", Names(["2606:2800::1", PUBLIC]), Wire("2606:2800::1"))

    assert [each.url.host for each in wire.sent] == ["2606:2800::1", PUBLIC]


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("127.0.0.1:8123", "http://127.0.0.1:8123/"),
        ("10.1.0.0/16", "http://10.1.2.3/"),
        ("[::1]:81", "http://[::1]:81/"),
        ("other.example cms.example:8080", "http://cms.example:8080/"),
    ],
)
def test_what_the_operator_allows_is_let_through(allow: str, url: str):
    assert len(get(url, Names(["10.9.9.9"]), allow=allow).sent) == 1


@pytest.mark.parametrize(
    ("allow", "url"),
    [
        ("127.0.0.1:8123", "http://127.0.0.1/"),
        ("127.0.0.1:8123", "http://127.0.0.2:8123/"),
        ("cms.example:8080", "http://news.example:8080/"),
        ("10.1.0.0/16", "http://10.1.2.3:8080/"),
    ],
)
def test_nothing_beside_it_is(allow: str, url: str):
    with pytest.raises(FetchFailed):
        get(url, allow=allow)


def test_an_entry_that_cannot_be_read_names_itself():
    with pytest.raises(InvalidSettings, match="NEWSBRIEF_FETCH_ALLOW: 'http://cms'"):
        Policy.parse("10.0.0.1 http://cms")


@pytest.mark.skipif(OPENSSL is None, reason="openssl makes the certificate")
def test_the_certificate_is_checked_for_the_name_though_the_address_is_connected_to(tmp_path: Path):
    subprocess.run(
        [str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=n",
         "-addext", "subjectAltName=DNS:news.example", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    trust = ssl.create_default_context(cafile=tmp_path / "cert.pem")
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    async def status(name: str, port: int) -> int:
        policy = Policy.parse(f"{name}:{port}")
        guarded = Guarded(policy, trust=trust, resolve=Names(["127.0.0.1"]))
        async with httpx.AsyncClient(transport=guarded, trust_env=False) as client:
            return (await client.get(f"https://{name}:{port}/none")).status_code

    with site(shown) as served:
        assert asyncio.run(status("news.example", served.port)) == 404
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            asyncio.run(status("other.example", served.port))
