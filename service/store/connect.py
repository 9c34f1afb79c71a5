"""Connections: two asynchronous clients for two uses, and one synchronous.

redis-py 8 times every command out after five seconds by default, which would cut the
queue's blocking reads; so the queue's client has no read timeout, and the others a short
one.
"""

from __future__ import annotations

import redis
import redis.asyncio
from redis.driver_info import DriverInfo

MAX_CONNECTIONS = 64
COMMAND_TIMEOUT_S = 5

DRIVER = DriverInfo(lib_version=redis.__version__)
"""Said outright: redis-py would look its own version up on disk, on the event loop."""


def state_client(url: str) -> redis.asyncio.Redis:
    """For requests: waits for a free connection, then at most five seconds a command."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=COMMAND_TIMEOUT_S,
        socket_timeout=COMMAND_TIMEOUT_S,
        driver_info=DRIVER,
    )
    return redis.asyncio.Redis.from_pool(pool)


def queue_client(url: str) -> redis.asyncio.Redis:
    """For the job queue, whose reads block until there is work."""
    return redis.asyncio.Redis.from_url(
        url,
        socket_timeout=None,
        socket_connect_timeout=COMMAND_TIMEOUT_S,
        health_check_interval=30,
        driver_info=DRIVER,
    )


def memo_client(url: str) -> redis.Redis:
    """For the pipeline's thread."""
    return redis.Redis.from_url(url, socket_timeout=COMMAND_TIMEOUT_S, driver_info=DRIVER)
