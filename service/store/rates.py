"""Rates: calls a minute and calls a day of a key, counted together in one step.

The minute is the generic cell rate algorithm (ITU-T I.371): one stored time, the theoretical
arrival of the next call, says how full the bucket is. A key may spend a whole minute's calls at
once and then gets them back evenly. The day is a count that starts anew at midnight UTC. Both
run on the server's clock, and a call that either refuses is counted by neither. An arrival more
than a minute ahead was stored before the clock was put back; it counts as a full bucket.
"""

from __future__ import annotations

from typing import Any

import msgspec
from redis.asyncio import Redis

from service.store import keys

UNLIMITED = -1

TAKE = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local rate, daily = tonumber(ARGV[1]), tonumber(ARGV[2])
local minute, day = 60000000, 86400000000
local today = math.floor(now / day)
local held = redis.call('HMGET', KEYS[1], 'arrival', 'day', 'used')
local arrival = math.min(math.max(tonumber(held[1]) or 0, now), now + minute)
local used = tonumber(held[2]) == today and tonumber(held[3]) or 0
local wait = 0
local step = rate > 0 and math.floor(minute / rate) or 0
if rate > 0 then wait = math.max(0, arrival + step - now - minute) end
if daily > 0 and used >= daily then wait = math.max(wait, (today + 1) * day - now) end
if wait == 0 then
  arrival, used = arrival + step, used + 1
  redis.call('HSET', KEYS[1], 'arrival', string.format('%.0f', arrival), 'day', today, 'used', used)
end
local left = rate > 0 and math.floor((minute - (arrival - now)) / step) or -1
local left_today = daily > 0 and math.max(0, daily - used) or -1
local function seconds(span) return math.ceil(span / 1000000) end
return {seconds(wait), left, seconds(arrival - now), left_today, seconds((today + 1) * day - now)}
"""


class Allowance(msgspec.Struct, frozen=True):
    """What the tighter of a key's two limits leaves after a call: `left` of `limit` calls, all of
    them again in `reset_s` seconds. `daily` if that is the limit of the day, else it is the
    minute's. `wait_s` is 0 if the call may pass, else the seconds until one may."""

    wait_s: int
    limit: int
    left: int
    reset_s: int
    daily: bool


class Rates:
    def __init__(self, client: Redis) -> None:
        self._client = client

    async def take(self, key_id: str, per_minute: int, daily: int) -> Allowance | None:
        """Count one call, or say how long to wait; None for a key without limits."""
        if per_minute <= 0 and daily <= 0:
            return None
        reply: Any = self._client.eval(TAKE, 1, keys.rate(key_id), str(per_minute), str(daily))
        wait_s, left, reset_s, left_today, tomorrow_s = (int(each) for each in await reply)
        spent = left_today == 0 and wait_s > 0
        if spent or left == UNLIMITED or UNLIMITED < left_today < left:
            return Allowance(wait_s, daily, left_today, tomorrow_s, daily=True)
        return Allowance(wait_s, per_minute, left, reset_s, daily=False)
