"""Connections: two asynchronous clients for two uses, and one synchronous.

Every command has a time limit, so that a server that stands still, or is cut off without a word, holds
up nobody. The queue's client has a longer one: its reads block until there is work.
"""

from __future__ import annotations

import redis
import redis.asyncio
from redis.driver_info import DriverInfo
from redis.maint_notifications import MaintNotificationsConfig

MAX_CONNECTIONS = 64
COMMAND_TIMEOUT_S = 5
QUEUE_TIMEOUT_S = 10
"""Longer than a worker's blocking read, which is a second."""

DRIVER = DriverInfo(lib_version=redis.__version__)
"""Said outright: redis-py would look its own version up on disk, on the event loop."""


UNANNOUNCED = MaintNotificationsConfig(enabled=False)
"""No announcements of maintenance, which only hosted clusters send: where redis-py expects them it gives
out connections that the server has closed, and each fails the request that gets it."""


def state_client(url: str) -> redis.asyncio.Redis:
    """For requests: waits for a free connection, then at most five seconds a command."""
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        max_connections=MAX_CONNECTIONS,
        timeout=COMMAND_TIMEOUT_S,
        socket_timeout=COMMAND_TIMEOUT_S,
        driver_info=DRIVER,
        maint_notifications_config=UNANNOUNCED,
    )
    return redis.asyncio.Redis.from_pool(pool)


def queue_client(url: str) -> redis.asyncio.Redis:
    """For the job queue, whose reads block for a while."""
    return redis.asyncio.Redis.from_url(
        url,
        socket_timeout=QUEUE_TIMEOUT_S,
        socket_connect_timeout=COMMAND_TIMEOUT_S,
        health_check_interval=30,
        driver_info=DRIVER,
        maint_notifications_config=UNANNOUNCED,
    )


def memo_client(url: str) -> redis.Redis:
    """For the pipeline's thread."""
    return redis.Redis.from_url(
        url,
        socket_timeout=COMMAND_TIMEOUT_S,
        driver_info=DRIVER,
        maint_notifications_config=UNANNOUNCED,
    )
