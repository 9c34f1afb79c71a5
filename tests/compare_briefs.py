"""Whether two trees write the same briefs, byte for byte: the gate of every move and renaming.

    python -m tests.compare_briefs write TREE FOLDER seeds/request.json clusters.jsonl --limit 10
    python -m tests.compare_briefs compare FOLDER_BEFORE FOLDER_AFTER

`write` briefs every request with the command line of TREE, a checkout of any version, and this
interpreter; a `.jsonl` file holds a cluster a line, `{"id", "articles": [{"id", "text"}]}`.
`compare` exits with 1 where a brief differs in anything but `generation` and its `id`, which are
addressed by the code, and the labels named by `--labels` ("mode"), whose changes are counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CODE_ADDRESSED = ("generation", "id")
"""Top-level members that change with any change of the code."""


def requests(paths: list[Path], limit: int | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and body of each request in the files, at most `limit` of a `.jsonl` file."""
    for path in paths:
        if path.suffix != ".jsonl":
            yield path.stem, json.loads(path.read_text("utf-8"))
            continue
        with path.open(encoding="utf-8") as lines:
            for _, line in zip(range(limit or sys.maxsize), lines, strict=False):
                row = json.loads(line)
                kept = [{"id": each["id"], "text": each["text"]} for each in row["articles"]]
                yield row["id"], {"articles": kept, "options": {"length": {"words": 220}}}


def write(tree: Path, folder: Path, paths: list[Path], limit: int | None) -> None:
    """One JSON file a request, made by the code in `tree`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "service", "brief", "-", "--format", "json"]
    # float32 on one thread gives the same bits on every run of one machine.
    environment = {**os.environ, "NEWSBRIEF_DTYPE": "float32", "NEWSBRIEF_THREADS": "1"}
    for name, body in requests(paths, limit):
        sent = json.dumps(body).encode()
        made = subprocess.run(command, cwd=tree, env=environment, input=sent, capture_output=True, check=False)  # fmt: skip
        if made.returncode:
            raise SystemExit(f"{name}: exit {made.returncode}\n{made.stderr.decode()[-2000:]}")
        (folder / f"{name}.json").write_bytes(made.stdout)
        print(f"{name}: {len(json.loads(made.stdout)['sentences'])} sentences")  # noqa: T201


def without(value: Any, members: frozenset[str]) -> Any:
    """The value with the named members of its objects left out, at any depth."""
    if isinstance(value, dict):
        return {k: without(each, members) for k, each in value.items() if k not in members}
    return [without(each, members) for each in value] if isinstance(value, list) else value


def relabelled(before: dict[str, Any], after: dict[str, Any], label: str) -> Iterator[str]:
    """Each change of a sentence's or the headline's label, as "old → new"."""
    told = [[*brief["sentences"], brief["headline"] or {}] for brief in (before, after)]
    for old, new in zip(*told, strict=True):
        if old.get(label) != new.get(label):
            yield f"{label}: {old.get(label)} → {new.get(label)}"


def compare(before: Path, after: Path, labels: tuple[str, ...]) -> int:
    """How many of the briefs in the two folders differ; what differs is printed."""
    names = sorted({path.name for folder in (before, after) for path in folder.glob("*.json")})
    differing = 0
    changes: Counter[str] = Counter()
    for name in names:
        pair = [json.loads((folder / name).read_text("utf-8")) for folder in (before, after)]
        for brief in pair:
            for member in CODE_ADDRESSED:
                brief.pop(member)
        changes.update(each for label in labels for each in relabelled(*pair, label))
        old, new = (without(brief, frozenset(labels)) for brief in pair)
        if old != new:
            differing += 1
            members = [key for key in old | new if old.get(key) != new.get(key)]
            print(f"{name}: differs in {', '.join(members)}")  # noqa: T201
    print(f"{len(names) - differing} of {len(names)} briefs are equal", dict(changes) or "")  # noqa: T201
    return differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    writing = commands.add_parser("write")
    writing.add_argument("tree", type=Path)
    writing.add_argument("folder", type=Path)
    writing.add_argument("requests", type=Path, nargs="+")
    writing.add_argument("--limit", type=int)
    comparing = commands.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    comparing.add_argument("--labels", nargs="*", default=[])
    asked = parser.parse_args()
    if asked.command == "write":
        write(asked.tree, asked.folder.resolve(), asked.requests, asked.limit)
    else:
        raise SystemExit(compare(asked.before, asked.after, tuple(asked.labels)) > 0)


if __name__ == "__main__":
    main()
