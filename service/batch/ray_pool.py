"""Ray: a pool of worker processes that lines are given to and results come back from.

The only module that knows Ray.
"""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
import warnings
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import psutil

from service.batch.archive import Line
from service.batch.brief_worker import BriefWorker, Made
from service.errors import InvalidSettings, Unavailable

OBJECTS_BYTES = 256_000_000
"""Shared memory of a local Ray: what is in it are lines' places and briefs that were just made."""

STARTING_S = 300
"""How long all workers together may take to load their models."""

WORKER_BYTES = 1_500_000_000
"""Memory that a worker may need: 1.07 GB were measured after one brief."""

LINES_A_BLOCK = 1000

SHORT = "/tmp"  # noqa: S108  # a folder of random name is made in it, for this user alone
"""Where Ray's folder is: paths of sockets are limited to about a hundred bytes, and a TMPDIR may be long."""

LOCAL = {
    "RAY_AUTH_MODE": "token",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # it would copy the folder that `uv run` is called in
    # Its name tells what it was made for. On Linux it makes a Ray that listens on loopback alone.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
}


class Pool(msgspec.Struct, frozen=True):
    """How many workers there are, how many threads the models of each may use, and what share of
    the processors each is counted with."""

    workers: int
    threads: int
    processors: float


@contextmanager
def ray_running(address: str | None, workers: int | None, threads: int | None) -> Generator[Pool]:
    """Ray, joined at `address` or started on this machine until the end, for one pass over lines: a worker that was
    started again may stay beside the end of its pass, with its processors.

    Raises `InvalidSettings` where it isn't installed or can't be joined.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # it would report to its makers
    if address is None:
        os.environ |= {**LOCAL, "RAY_AUTH_TOKEN": _token()}
    try:
        import ray  # reads the environment
        from ray.data import DataContext
    except ImportError as error:
        raise InvalidSettings(
            "A batch needs Ray, which is not installed: pip install 'newsbrief[batch]'."
        ) from error
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    with ExitStack() as stack:
        # Ray prints what its processes died of on stdout, which is the command's own.
        stack.enter_context(redirect_stdout(stack.enter_context(Path(os.devnull).open("w"))))
        if address is None:
            processors = os.cpu_count() or 1
            room = psutil.virtual_memory().available // WORKER_BYTES
            workers = workers or max(1, min(processors, room))
            # Ray opens its folder to everybody, so it stands in one that is ours.
            private = stack.enter_context(
                tempfile.TemporaryDirectory("", "nb-ray-", SHORT, ignore_cleanup_errors=True)
            )
            ray.init(
                "local",
                num_cpus=processors + 1,
                num_gpus=0,
                include_dashboard=False,
                object_store_memory=OBJECTS_BYTES,
                _temp_dir=str(Path(private) / "ray"),
                **quiet,
            )
        else:
            try:
                ray.init(address=address, **quiet)
            except (ConnectionError, ValueError, RuntimeError) as error:
                raise InvalidSettings(f"Ray can't be joined at {address!r}: {error}") from error
            processors = max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)
        stack.callback(ray.shutdown)
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what it loses, the caller tells
        context = DataContext.get_current()
        context.enable_progress_bars = context.print_on_execution_start = False
        context.max_errored_blocks = -1
        context.wait_for_min_actors_s = STARTING_S
        count = workers or processors
        share = threads or max(1, processors // count)
        # One processor is left to what hands the lines out; else it would wait for the workers.
        yield Pool(count, share, processors / count)


@cache
def _token() -> str:
    """Made once: Ray reads it once in a process."""
    return secrets.token_hex(32)


def results(
    lines: Sequence[Line], worker: Mapping[str, Any], pool: Pool, at_once: int
) -> Generator[Made]:
    """Each line's result as soon as it is there; none of a line whose worker died on it.

    `worker` are the arguments of every `BriefWorker`, `at_once` the lines that each works on at
    the same time. A worker that died is started again, and its lines are not given out again.

    Raises `Unavailable` where the workers don't come up, or Ray itself is lost.
    """
    import pyarrow
    from ray.data import ActorPoolStrategy, from_arrow
    from ray.exceptions import GetTimeoutError, RayError
    from ray.util.annotations import RayDeprecationWarning

    places = pyarrow.Table.from_pylist([msgspec.structs.asdict(each) for each in lines])
    begins = range(0, len(lines), LINES_A_BLOCK)
    strategy = ActorPoolStrategy(
        size=min(pool.workers, len(lines)),
        max_tasks_in_flight_per_actor=at_once,  # a line that waited in a worker would die with it
        max_concurrent_calls_per_actor=at_once,
        enable_true_multi_threading=True,
    )
    blocks = [places.slice(begin, LINES_A_BLOCK) for begin in begins]
    rows = from_arrow(blocks).repartition(target_num_rows_per_block=1)
    with warnings.catch_warnings():
        # The last two are to be named otherwise some day; in this version they have no other name.
        warnings.simplefilter("ignore", RayDeprecationWarning)
        dataset = rows.map_batches(
            _Actor,
            batch_size=1,
            batch_format="pyarrow",
            fn_constructor_kwargs=dict(worker),
            compute=strategy,
            num_cpus=pool.processors,
            max_restarts=-1,
            max_task_retries=0,
        )
    try:
        # Without a batch ahead: it would hold a result back until the next one is there.
        for batch in dataset.iter_batches(
            batch_size=None, batch_format="pyarrow", prefetch_batches=0
        ):
            table: Any = batch
            for content in table["made"].to_pylist():
                yield msgspec.msgpack.decode(content, type=Made)
    except GetTimeoutError as error:
        raise Unavailable(
            f"The {strategy.max_size} workers did not start within {STARTING_S} s. Is there memory"
            " for all, and a processor? Else give fewer --workers."
        ) from error
    except RayError as error:
        raise Unavailable(
            f"Ray failed ({type(error).__name__}). The same command goes on."
        ) from error


class _Actor:
    """What Ray starts in a process: a `BriefWorker` that takes and gives tables of one row."""

    def __init__(self, **worker: Any) -> None:
        self._worker = BriefWorker(**worker)

    def __call__(self, table: Any) -> Any:
        import pyarrow

        lines = msgspec.convert(table.to_pylist(), list[Line])
        made = [msgspec.msgpack.encode(self._worker(each)) for each in lines]
        return pyarrow.table({"made": pyarrow.array(made, pyarrow.large_binary())})
