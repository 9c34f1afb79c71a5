"""Disputes: a sentence that another report contradicts → one that tells both sides."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from service.pipeline.alignment.conflicts import NEAR, Dispute, find, of_other_days, superseded
from service.pipeline.attribution.attributor import Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.compression import compressions
from service.pipeline.decontextualization.standalone import introduced_nouns
from service.pipeline.ingest.boilerplate import aware
from service.pipeline.intermediate import (
    Evidence,
    FactGroup,
    PlannedSentence,
    VerifiedCandidate,
)
from service.pipeline.types import Conflict, Position
from service.pipeline.verification.support import SupportReader
from service.pipeline.verification.verify import DENIED, SAID_OTHERWISE
from service.pipeline.writing.layout import without_full_stop

MOST_RIVALS = 8
"""Sentences of other origins, the nearest by vector, that a printed one is compared with."""


OPPOSED_NEAR, MOST_OPPOSED = 0.8, 2
"""Cosine from which a sentence of another article may be the opposite of a printed one, which differs from it
in a word: of 14 such pairs 13 have .87 and more. And how many of them are read."""


def find_dispute(
    group: FactGroup, context: ClusterContext, support: SupportReader | None = None
) -> Dispute | None:
    """Where a sentence of another origin contradicts the group's representative, or one of another version
    of its article gives a newer figure; or None. With `support` what is near is read, too."""
    first, reader = group.members[0], context.reader
    mine, others = reader.evidence(first), _rivals(first, context)
    independent = [each for each in others if context.origin(each[0]) != context.origin(first)]
    dispute = find(mine, independent) or superseded(mine, others)
    return dispute if dispute is not None or support is None else _opposed(mine, others, support)


def _rivals(first: int, context: ClusterContext) -> list[tuple[int, float, Evidence]]:
    """The nearest sentences of other articles, nearest first: index, cosine, evidence."""
    near = context.vectors @ context.vectors[first]
    rivals = [
        int(i)
        for i in np.argsort(-near, kind="stable")
        if near[i] >= NEAR and context.sentences[i].article != context.sentences[first].article
    ][:MOST_RIVALS]
    context.reader.prefetch(rivals)
    return [(i, float(near[i]), context.reader.evidence(i)) for i in rivals]


def _siding(dispute: Dispute, first: int, context: ClusterContext) -> list[int]:
    """One sentence of each further origin that gives the same figure or speaker instead as the dispute."""
    known = {context.origin(first), context.origin(dispute.other)}
    mine = context.reader.evidence(first)
    found: dict[int, int] = {}
    for i, near, theirs in _rivals(first, context):
        said = find(mine, [(i, near, theirs)])
        if (
            context.origin(i) not in known
            and said is not None
            and (said.topic, said.phrase) == (dispute.topic, dispute.phrase)
        ):
            found.setdefault(context.origin(i), i)
    return list(found.values())


def without_opposed(
    group: FactGroup, context: ClusterContext, support: SupportReader
) -> tuple[FactGroup, list[int]]:
    """The group without the reports that say otherwise, as the writer's model reads them beside the fact, and
    those of them beside which the fact says otherwise too."""
    fact, *reports = group.members
    text = context.sentences[fact].text
    said = support.reads([([context.sentences[i].text], text) for i in reports])
    denying = [
        i
        for i, reading in zip(reports, said, strict=True)
        if reading is not None and reading.contradicted >= DENIED
    ]
    back = support.reads([([text], context.sentences[i].text) for i in denying])
    against = [
        i
        for i, reading in zip(denying, back, strict=True)
        if reading is not None and reading.contradicted >= SAID_OTHERWISE
    ]
    kept = tuple(i for i in group.members if i not in denying)
    return msgspec.structs.replace(group, members=kept), against


def _opposed(
    mine: Evidence, others: Sequence[tuple[int, float, Evidence]], support: SupportReader
) -> Dispute | None:
    """The nearest sentence that says otherwise, as the writer's model reads it, both ways."""
    text = mine.parsed.text
    near = [
        (i, each.parsed.text)
        for i, cosine, each in others
        if cosine >= OPPOSED_NEAR and each.parsed.text != text and not of_other_days(mine, each)
    ][:MOST_OPPOSED]
    read = support.reads([([said], text) for _, said in near])
    for (i, said), reading in zip(near, read, strict=True):
        if reading is not None and reading.contradicted >= SAID_OTHERWISE:
            (back,) = support.reads([([text], said)])
            if back is not None and back.contradicted >= SAID_OTHERWISE:
                return Dispute("status", i, "", "whether it is so")
    return None


def disputed(
    own: PlannedSentence,
    candidate: VerifiedCandidate,
    dispute: Dispute,
    context: ClusterContext,
    attributor: Attributor,
) -> tuple[PlannedSentence, Conflict]:
    """The sentence with what the other side has instead, in its own words; both sides are cited,
    and the sentences that name whom they call "he"."""
    reader = context.reader
    against = [dispute.other]
    if dispute.type == "status":
        against = reader.with_antecedents(against)
    mine = tuple(attributor.supports(candidate, candidate.support))
    theirs = tuple(attributor.supports(candidate, against))
    further = [] if dispute.type == "status" else _siding(dispute, candidate.support[0], context)
    siding = [attributor.citation(i, candidate, "corroborates", "part") for i in further]
    agreeing = [each for each in own.citations if each.role == "corroborates"]
    side = _other_side(dispute, own, context)
    text = f"{without_full_stop(own.text)}; {side}{'' if side.endswith('.') else '.'}"
    parsed = reader.parse(text)
    both = msgspec.structs.replace(
        own,
        text=text,
        mode="edited",
        status="conflicted",
        dispute=dispute.type,
        citations=(*mine, *theirs, *agreeing, *siding),
        disputing=(*theirs, *siding),
        origins=1
        if dispute.type == "status"
        else len({context.origin(i) for i in (candidate.support[0], dispute.other)}),
        parsed=parsed,
        presupposed_nouns=reader.presupposed_nouns(candidate.support[0], parsed),
        introduced_nouns=introduced_nouns(parsed),
    )
    contradicting = tuple(msgspec.structs.replace(each, role="contradicts") for each in theirs)
    positions = (Position(own.text, mine), Position(theirs[0].quote, contradicting))
    return both, Conflict(type=dispute.type, topic=dispute.topic, positions=positions)


def _other_side(dispute: Dispute, own: PlannedSentence, context: ClusterContext) -> str:
    """What the other report has instead, in its own words, introduced by when it came out."""
    if dispute.type == "attribution":
        return f"another report attributes the words to {dispute.phrase}"
    if dispute.type == "status":
        said = compressions(context.reader.decontextualized(dispute.other).parsed)[-1].text
        return f"another report says otherwise: {without_full_stop(said)}"
    return f"{_introduction(dispute, own, context)} {dispute.phrase}"


def _introduction(dispute: Dispute, own: PlannedSentence, context: ClusterContext) -> str:
    """How the other figure is introduced: by whether it was published before or after."""
    mine = aware(context.sources[own.sentence.article].article.published_at)
    theirs = context.reader.evidence(dispute.other).published_at
    if dispute.type != "superseded" or mine is None or theirs is None:
        return "another report says"
    return "an earlier report said" if theirs < mine else "a later report says"
