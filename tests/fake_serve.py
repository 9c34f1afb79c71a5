"""`newsbrief serve` with the fake worker: a private Valkey, a worker process and the API."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import msgspec

from service.cli.server import api
from service.settings import Settings
from service.store.embedded import embedded_server


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settings = Settings.from_environ(os.environ)
    with embedded_server(settings.data_dir / "valkey") as url:
        environ = {**os.environ, "NEWSBRIEF_REDIS_URL": url}
        worker = subprocess.Popen([sys.executable, "-m", "tests.fake_worker"], env=environ)
        try:
            api(msgspec.structs.replace(settings, redis_url=url))
        finally:
            worker.terminate()
            worker.wait()


if __name__ == "__main__":
    main()
