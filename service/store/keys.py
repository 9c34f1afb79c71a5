"""Every Redis key in one place. Braces keep what belongs together in one cluster slot.

State (no expiry while it matters, never evicted):
    nb:job:{id}          hash: the job's status, progress, outcome
    nb:request:{id}      the request that the job runs on
    nb:callers:{id}      how many callers want the job; at 0 it stops
    nb:workers           sorted set: announcements by time of the last beat
Cache (always with an expiry, may be evicted by volatile-lru):
    nb:brief:{id}        a finished brief with its articles
    nb:outcome:{key}     request key -> brief id; briefly, where pages were fetched for it
    nb:report:{key}      the check of a draft with its articles
    nb:events:{id}       stream: what the job told, for as long as its record is kept
    nb:memo:<hash>       vectors and written groups
"""

from __future__ import annotations

WORKERS = "nb:workers"


def job(job_id: str) -> str:
    return f"nb:job:{{{job_id}}}"


def request(job_id: str) -> str:
    return f"nb:request:{{{job_id}}}"


def callers(job_id: str) -> str:
    return f"nb:callers:{{{job_id}}}"


def events(job_id: str) -> str:
    return f"nb:events:{{{job_id}}}"


def brief(brief_id: str) -> str:
    return f"nb:brief:{{{brief_id}}}"


def outcome(request_key: str) -> str:
    return f"nb:outcome:{{{request_key}}}"


def report(request_key: str) -> str:
    return f"nb:report:{{{request_key}}}"


def memo(key: str) -> str:
    return f"nb:memo:{key}"


def queue(fingerprint: str) -> str:
    """The queue's name: a worker with other models or another pipeline never takes the job."""
    return f"nb-{fingerprint}"
