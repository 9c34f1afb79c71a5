"""Hub: fetch files of a hub repository, each from where an earlier download of it ended.

    python -m service.models.hub FOLDER REPOSITORY REVISION FILE...

Run as a process of its own by `service.models.download`, which watches it. Where the hub is
(HF_ENDPOINT), whether it may be asked (HF_HUB_OFFLINE), proxies and certificates are the hub
library's own settings. Its own download begins anew after an interruption, this one doesn't.
"""

from __future__ import annotations

import sys
from http import HTTPStatus
from pathlib import Path

TIMEOUT_S = 3
"""How long the hub may be silent, before its first answer and within a file."""

ANSWERED = "answered"
"""Written into the working directory at the hub's first answer."""


def fetch(folder: Path, repository: str, revision: str, names: list[str]) -> None:
    """Bring every file of `names` to its end below `folder`; what is wrong is an exception."""
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        _fetch_file(target, repository, revision, name)


def _fetch_file(target: Path, repository: str, revision: str, name: str) -> None:
    from huggingface_hub import get_session, get_token, hf_hub_url

    start = target.stat().st_size if target.exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if token := get_token():  # a mirror may ask for it
        headers["Authorization"] = f"Bearer {token}"
    if start:
        headers["Range"] = f"bytes={start}-"
    url = hf_hub_url(repository, name, revision=revision)
    with get_session().stream(
        "GET", url, headers=headers, timeout=TIMEOUT_S, follow_redirects=True
    ) as response:
        Path(ANSWERED).touch()
        if start and response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # nothing is left of it
        response.raise_for_status()
        goes_on = response.status_code == HTTPStatus.PARTIAL_CONTENT
        with target.open("ab" if goes_on else "wb") as file:
            for chunk in response.iter_raw():
                file.write(chunk)


if __name__ == "__main__":
    fetch(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
