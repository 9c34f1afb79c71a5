"""The API alone, as a process: what `newsbrief serve` runs without its worker and store."""

from __future__ import annotations

import os

import uvicorn

from service.app import create_app
from service.settings import Settings


def main() -> None:
    settings = Settings.from_environ(os.environ)
    uvicorn.run(create_app(settings), port=settings.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
