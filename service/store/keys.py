"""Every Redis key in one place. Braces keep what belongs together in one cluster slot.

State (no expiry while it matters, never evicted):
    nb:job:{id}          the job's record: its status, progress, outcome
    nb:request:{id}      the request that the job runs on
    nb:callers:{id}      how many callers want the job; at 0 it stops
    nb:apikeys           hash: key id -> the key, its secret as a hash
    nb:rate:{id}         hash: a key's calls this minute and this UTC day (one hash a key, no expiry:
                         a count that is evicted would give the quota back)
    nb:queues            set: the fingerprints that workers ever served, each a queue's name
    nb:totals            hash: what all workers did, summed (see worker_metrics.py)
    nb:workers           sorted set: announcements by time of the last beat
    nb:version:{id}      a brief's place in its chain: namespace, version, predecessor, erased
    nb:successors:{id}   sorted set: the briefs that supersede it, by time
    nb:retracted:{ns}    hash: text sha256 -> its retraction, of one namespace
    nb:retractions:{ns}  stream: the retractions of a namespace, in order
    nb:citing:{ns/sha}   set: the briefs that cite a text
    nb:known:{ns/id}     set: the texts (sha256) that an article id stood for
    nb:{hooks}:deliveries       hash: event id -> what is to be delivered, dead letters too
    nb:{hooks}:due              sorted set: event ids by when they are due, or their lease ends
    nb:{hooks}:undelivered:ns   set: the event ids of a namespace that are still to be delivered
    nb:{hooks}:dead:ns          sorted set: those that were given up, by time, 1000 a namespace
    nb:followers:{id}    set: the URLs that hear what becomes of a brief, 20 at most, until it is
                         erased
Cache (always with an expiry, may be evicted by volatile-lru):
    nb:brief:{id}        a finished brief with its articles
    nb:outcome:{key}     request key -> brief id; briefly, where pages were fetched for it
    nb:outcomes:{id}     set: the request keys that lead to a brief
    nb:newest:{ns}       sorted set: the newest briefs of a namespace, by when they were made
    nb:report:{key}      the check of a draft with its articles
    nb:comparison:{key}  one article of a brief compared with the others
    nb:rss:{id}          a live worker's resident memory in bytes
    nb:writer:{id}       whether a live worker's writer answers: 1 or 0, nothing without a writer
    nb:events:{id}       stream: what the job reported, as long as its record is kept
    nb:memo:<hash>       vectors and written groups
    nb:page:<hash>       a fetched page with its validators, the same for all namespaces
    nb:article:{key}     one article that was cleaned for its caller
"""

from __future__ import annotations

WORKERS = "nb:workers"
API_KEYS = "nb:apikeys"
DELIVERIES = "nb:{hooks}:deliveries"
DUE = "nb:{hooks}:due"
QUEUES = "nb:queues"
TOTALS = "nb:totals"


def job(job_id: str) -> str:
    return f"nb:job:{{{job_id}}}"


def request(job_id: str) -> str:
    return f"nb:request:{{{job_id}}}"


def callers(job_id: str) -> str:
    return f"nb:callers:{{{job_id}}}"


def events(job_id: str) -> str:
    return f"nb:events:{{{job_id}}}"


def rss(worker_id: str) -> str:
    return f"nb:rss:{{{worker_id}}}"


def writer(worker_id: str) -> str:
    return f"nb:writer:{{{worker_id}}}"


def rate(key_id: str) -> str:
    return f"nb:rate:{{{key_id}}}"


def brief(brief_id: str) -> str:
    return f"nb:brief:{{{brief_id}}}"


def outcome(request_key: str) -> str:
    return f"nb:outcome:{{{request_key}}}"


def outcomes(brief_id: str) -> str:
    return f"nb:outcomes:{{{brief_id}}}"


def version(brief_id: str) -> str:
    return f"nb:version:{{{brief_id}}}"


def successors(brief_id: str) -> str:
    return f"nb:successors:{{{brief_id}}}"


def retracted(namespace: str) -> str:
    return f"nb:retracted:{{ns:{namespace}}}"


def retractions(namespace: str) -> str:
    return f"nb:retractions:{{ns:{namespace}}}"


def citing(namespace: str, text_sha256: str) -> str:
    return f"nb:citing:{{{namespace}/{text_sha256}}}"


def known(namespace: str, article_id: str) -> str:
    return f"nb:known:{{{namespace}/{article_id}}}"


def undelivered(namespace: str) -> str:
    return f"nb:{{hooks}}:undelivered:{namespace}"


def dead(namespace: str) -> str:
    return f"nb:{{hooks}}:dead:{namespace}"


def followers(brief_id: str) -> str:
    return f"nb:followers:{{{brief_id}}}"


def newest(namespace: str) -> str:
    return f"nb:newest:{{{namespace}}}"


def comparison(request_key: str) -> str:
    return f"nb:comparison:{{{request_key}}}"


def report(request_key: str) -> str:
    return f"nb:report:{{{request_key}}}"


def memo(key: str) -> str:
    return f"nb:memo:{key}"


def page(name_sha256: str) -> str:
    return f"nb:page:{name_sha256}"


def article(request_key: str) -> str:
    return f"nb:article:{{{request_key}}}"


def queue(fingerprint: str) -> str:
    """The queue's name: a worker with other models or another pipeline never takes the job."""
    return f"nb-{fingerprint}"
