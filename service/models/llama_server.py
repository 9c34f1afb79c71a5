"""The private writer server: llama.cpp in a process of its own, one for all commands of a user.

    python -m service.models.llama_server MODEL FOLDER THREADS CONTEXT [ADAPTER ...]

It listens on a unix socket in a folder that only this user can enter. Whoever needs it first
starts it and says in a file of the data folder where it is; whoever comes later finds it there,
and takes it over when the first one goes. It ends with the process that started it.

What shares a batch, and how much of a prompt was read before, changes the last bits of llama.cpp's
figures, and with them a word now and then. So every request runs alone, under a lock that all
clients of the server share, and from the same state: the server reads a prompt's beginning (all but
its last message: the instructions) once, keeps its state in a file, and is put back
to it before each request. Measured with the 1.5B model on two cores: 2 to 4 ms to put it back, and
texts and log-probabilities of 12 prompts of two beginnings were the same bits in three orders, the
last by eight threads at once.

Each adapter has a slot of its own, in which what was read with it stays: what the writer reads and what the
reader of claims reads never meet.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import httpx
import msgspec
import structlog

from service.errors import WriterUnavailable
from service.models.base import Prompt
from service.models.http_writer import DECODING, HttpWriter, refusal
from service.models.registry import Located

LOCK, TURN, PLACE, PROBLEM = ".lock", ".turn", ".place", ".problem"
"""In the data folder: held by whoever keeps the server up, and by whoever asks it something; the
server's folder; why it does not start."""

SOCKET, STATES, ERRORS = "w.sock", "states", "stderr"
"""In the server's folder. Socket paths are limited to about a hundred bytes; llama.cpp knows them
by their ending."""

WRITER, READER = 0, 1
"""Slots of the server, and the adapters that are used in them."""

CONTEXT = 2048
"""Tokens that a prompt and its answer may have. Ours have 500 at most."""

BATCH = 32
"""Prompt tokens read between two looks whether the client is still there: half a second's work. 147
tokens were read at 63 to 64 a second so, and at 60 to 69 with 512 (two cores, 1.5B)."""

MOST_STATES = 16
"""Beginnings whose state is kept on disk, about 30 kB a token; there is one for each prompt file."""

LOOK_S = 0.5
TURN_LOOK_S = 0.01

RESTART_FIRST_S, RESTART_LONGEST_S = 1.0, 30.0
"""How long to wait before a dead server is started again; doubled while it keeps dying."""

STOP_S = 5.0

HEALTH_S = 2.0
"""How long the server may take to say that it is there."""


def private_writer(located: Located, home: Path, *, deadline_s: float) -> HttpWriter:
    """The writer of the server that a `LlamaServer` keeps up in `home`."""
    return _client(located, PrivateEndpoint(home), deadline_s)


def private_reader(located: Located, home: Path, *, deadline_s: float) -> HttpWriter | None:
    """The same server's model as it was taught to read claims; None where it was not."""
    if len(located.adapters) <= READER:
        return None
    return _client(located, PrivateEndpoint(home, READER, len(located.adapters)), deadline_s)


async def answers(home: Path) -> bool:
    """Whether the server has read its weights and answers, busy or not."""
    try:
        async with asyncio.timeout(HEALTH_S), PrivateEndpoint(home).client() as client:
            return (await client.get("http://writer/health")).is_success
    except (httpx.HTTPError, TimeoutError):
        return False


def _client(located: Located, endpoint: PrivateEndpoint, deadline_s: float) -> HttpWriter:
    fingerprint = f"{located.fingerprint}/llama.cpp-{version('xllamacpp')}/{DECODING}"
    return HttpWriter(
        endpoint, located.path.name, fingerprint, concurrency=1, deadline_s=deadline_s
    )


def weights(located: Located) -> Path | None:
    """The GGUF file that llama.cpp runs; None for a folder that transformers loads."""
    if located.path.suffix == ".gguf":
        return located.path
    found = sorted(located.path.glob("*.gguf"))
    return found[0] if len(found) == 1 and not (located.path / "config.json").exists() else None


def server_home(data_dir: Path, located: Located) -> Path:
    """Where the server of these weights is announced."""
    return data_dir / "writer" / located.fingerprint.replace("/", "-")


class PrivateEndpoint:
    """A server of our own, found by what is written in `home`. See `Endpoint`."""

    name = "The private writer"
    pauses_s = (3.0, 9.0)
    """A server that died is up again within ten seconds."""

    def __init__(self, home: Path, slot: int = WRITER, adapters: int = 1) -> None:
        self._home = home
        self._slot_number = slot
        self._adapters = [{"id": n, "scale": float(n == slot)} for n in range(adapters)]

    def client(self) -> httpx.AsyncClient:
        socket = str(self._folder() / SOCKET)
        return httpx.AsyncClient(
            base_url="http://writer/v1/",
            transport=httpx.AsyncHTTPTransport(uds=socket),
            timeout=httpx.Timeout(None, connect=STOP_S),
            trust_env=False,
        )

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """One request at a time, of all processes."""
        lock = _opened(self._home / TURN)
        try:
            while not _taken(lock):  # noqa: ASYNC110  # other processes set no event
                await asyncio.sleep(TURN_LOOK_S)
            yield
        finally:
            lock.close()

    async def prepare(self, client: httpx.AsyncClient, prompt: Prompt) -> Mapping[str, Any]:
        """Put the server into the state in which it has read the prompt's beginning, and no more."""
        place = {"id_slot": self._slot_number}
        if self._slot_number != WRITER:
            place |= {"lora": self._adapters}
        if not (beginning := prompt[:-1]):
            return {**place, "cache_prompt": False}
        content = msgspec.json.encode((self._slot_number, beginning))
        name = hashlib.sha256(content).hexdigest()[:32]
        if not await self._slot(client, "restore", name):
            body = {"messages": msgspec.to_builtins(beginning), "max_tokens": 1, "temperature": 0}
            read = await client.post(
                "chat/completions", json={**body, **place, "cache_prompt": False}
            )
            if not read.is_success:
                raise refusal(read)
            if not await self._slot(client, "save", name):
                raise httpx.RemoteProtocolError("the server keeps no state")
            await self._slot(client, "restore", name)
        return {**place, "cache_prompt": True}

    def problem(self) -> str | None:
        try:
            return (self._home / PROBLEM).read_text()
        except OSError:
            return None

    async def _slot(self, client: httpx.AsyncClient, action: str, name: str) -> bool:
        """Whether our slot could be saved or restored under this name."""
        url = f"http://writer/slots/{self._slot_number}?action={action}"
        done = (await client.post(url, json={"filename": name})).is_success
        if done:
            with suppress(OSError):
                os.utime(self._folder() / STATES / name)  # used now: kept longest
        return done

    def _folder(self) -> Path:
        try:
            return Path((self._home / PLACE).read_text())
        except OSError as error:
            raise httpx.ConnectError("no writer server is announced") from error


def _opened(file: Path) -> IO[bytes]:
    return file.open("wb")


def _taken(lock: IO[bytes]) -> bool:
    """Whether nobody else held the lock; now it is held."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def llama_server(
    model: Path,
    home: Path,
    threads: int | None = None,
    context: int = CONTEXT,
    adapters: Sequence[Path] = (),
) -> Generator[None]:
    """Keep a server of these weights up, with what each adapter changes of them, started by us or by
    another process of this user.

    It is not waited for: `HttpWriter.probe` does that. Raises `WriterUnavailable` if `home`
    can't be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / LOCK).open("wb")
    except OSError as error:
        raise WriterUnavailable(
            f"The writer's server can't be announced in {str(home)!r} ({error.strerror})."
            " Set NEWSBRIEF_DATA_DIR to a folder that can be written."
        ) from error
    with lock:
        given = [str(threads or os.cpu_count() or 1), str(context)]
        given += map(str, adapters)
        keeper = _Keeper(model, home, lock, given)
        keeper.start()
        try:
            yield
        finally:
            keeper.stop()


class _Keeper(threading.Thread):
    """Takes the lock as soon as nobody holds it; then starts the server, again whenever it dies."""

    def __init__(self, model: Path, home: Path, lock: IO[bytes], given: Sequence[str]) -> None:
        super().__init__(name="writer-keeper", daemon=True)
        self._model = model
        self._home = home
        self._lock = lock
        self._given = given
        self._over = threading.Event()
        self._up = False

    def run(self) -> None:
        while not _taken(self._lock):
            if self._over.wait(LOOK_S):
                return
        folder = Path(tempfile.mkdtemp(prefix="nb-"))
        try:
            self._keep(folder)
        finally:
            (self._home / PLACE).unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _keep(self, folder: Path) -> None:
        (folder / STATES).mkdir()
        _announce(self._home / PLACE, str(folder))
        pause = RESTART_FIRST_S
        while not self._over.is_set():
            begun = time.monotonic()
            code = self._run_server(folder)
            if self._over.is_set():
                return
            lived = time.monotonic() - begun > 60
            pause = RESTART_FIRST_S if lived else min(RESTART_LONGEST_S, 2 * pause)
            structlog.get_logger().error("writer.died", exit_code=code, restart_in_s=pause)
            self._over.wait(pause)

    def _run_server(self, folder: Path) -> int:
        """Start the server and wait for its end, or ours; its exit code."""
        command = [sys.executable, "-m", "service.models.llama_server"]
        above = [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
        with (folder / ERRORS).open("wb") as errors:
            process = subprocess.Popen(
                [*command, str(self._model), str(folder), *self._given],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, above))},
                start_new_session=True,
            )
        ready = threading.Thread(target=self._await_ready, args=(process,), daemon=True)
        ready.start()
        try:
            while process.poll() is None and not self._over.wait(LOOK_S):
                pass
        finally:
            process.stdin.close()  # pyright: ignore[reportOptionalMemberAccess]  # a pipe by its making
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            process.kill()
            code = process.wait()
            ready.join()
            if code and not self._up and not self._over.is_set():
                self._tell(folder)
            process.stdout.close()  # pyright: ignore[reportOptionalMemberAccess]  # likewise
        return code

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Note when the server is up; it ends its first line then."""
        self._up = bool(process.stdout.readline())  # pyright: ignore[reportOptionalMemberAccess]  # a pipe by its making
        if self._up:
            (self._home / PROBLEM).unlink(missing_ok=True)

    def _tell(self, folder: Path) -> None:
        """Note why the server does not start: until it is up it has seen no text but its own."""
        said = (folder / ERRORS).read_text(errors="replace").strip().splitlines() or [
            "it is silent"
        ]
        _announce(
            self._home / PROBLEM,
            f"llama.cpp does not start with {self._model.name!r}: {said[-1][-200:]}.",
        )


def _announce(file: Path, text: str) -> None:
    """Write a file that only this user can read, at once whole."""
    made = file.with_suffix(".new")
    made.unlink(missing_ok=True)
    made.touch(mode=0o600)
    made.write_text(text)
    made.replace(file)


def main() -> None:
    """The server's process: serves until its standard input ends, which it does with its parent."""
    # Its names come from a compiled module without stubs.
    xllamacpp: Any = import_module("xllamacpp")
    model, folder, threads = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    (folder / SOCKET).unlink(missing_ok=True)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.hostnames = [str(folder / SOCKET)]
    parameters.slot_save_path = f"{folder / STATES}/"
    adapters = sys.argv[5:]
    parameters.n_parallel = max(1, len(adapters))
    parameters.n_ctx = parameters.n_parallel * int(sys.argv[4])
    parameters.n_batch = parameters.n_ubatch = BATCH
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
    parameters.cache_ram_mib = 0
    parameters.lora_adapters = [
        xllamacpp.CommonAdapterLoraInfo(path, float(n == WRITER)) for n, path in enumerate(adapters)
    ]
    parameters.ui = parameters.endpoint_slots = False
    parameters.verbosity = 1
    _server = xllamacpp.Server(parameters)
    print("ready", flush=True)  # noqa: T201  # read by the keeper
    while True:
        time.sleep(LOOK_S)
        _drop_states(folder / STATES)


def _drop_states(folder: Path) -> None:
    """Keep the states that were used last."""
    saved = sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime)
    for each in saved[:-MOST_STATES]:
        each.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
