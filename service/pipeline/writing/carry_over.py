"""Carry over: what the brief before said and still holds stays word for word.

A sentence is carried over where its fact is planned again: all that supported the old sentence
is near the fact, and some of it tells the fact itself, by the same characters of the same texts. Nothing
needs to be verified anew, since a verdict depends on a sentence and its evidence alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from service.pipeline.alignment.same_fact import MIN_COSINE
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.standalone import introduced_nouns
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.selection.ordering import fits
from service.pipeline.types import Brief, BriefSentence, Options


def still_cited(
    before: Brief, hashes: Mapping[str, str], now: Mapping[str, str]
) -> tuple[BriefSentence, ...]:
    """The sentences of `before` that cite nothing but texts of the new request, by its ids.

    `hashes` and `now` map article ids to the sha256 of their texts, then and now.
    """
    ids = {sha: article_id for article_id, sha in reversed(list(now.items()))}
    renamed = {
        old: old if now.get(old) == sha else ids[sha] for old, sha in hashes.items() if sha in ids
    }
    return tuple(
        msgspec.structs.replace(
            each,
            citations=tuple(
                msgspec.structs.replace(cited, article_id=renamed[cited.article_id])
                for cited in each.citations
            ),
        )
        for each in before.sentences
        if all(cited.article_id in renamed for cited in each.citations)
    )


def carry_over(
    previous: Sequence[BriefSentence],
    groups: Sequence[FactGroup],
    context: ClusterContext,
    options: Options,
    planned: Sequence[PlannedSentence],
    printed: Sequence[PlannedSentence],
) -> list[PlannedSentence]:
    """The sentences that will be printed behind the `printed`, each replaced by the previous one that
    tells the same fact.

    Disputes are left as they are, so are passages that are read together, and a sentence with a
    figure or date that the previous one lacks: that is news, not another wording.
    """
    found = list(planned)
    followed = {each.follows_rank for each in planned}
    extractive = options.mode == "extractive"
    left = [
        each
        for each in previous
        if each.status == "supported" and (each.mode == "extractive" or not extractive)
    ]
    said = {each.text for each in (*printed, *found)}
    for k, each in enumerate(found):
        bound = each.follows_rank is not None or each.rank in followed
        if bound or each.status != "supported":
            continue
        group = groups[each.rank]
        facts = {*group.members, *each.support}
        near = context.vectors @ context.vectors[group.members[0]]
        others = {i for o in (*printed, *found) if o is not each for i in o.support}
        for old in left:
            support = _support(old, context)
            same = not facts.isdisjoint(support) and all(
                i in facts or near[i] >= MIN_COSINE for i in support
            )
            if not same or not others.isdisjoint(support) or old.text in said:
                continue
            made = _taken_over(each, old, support, context)
            if figures(each) <= figures(made) and fits(
                [*printed, *found[:k], made, *found[k + 1 :]], options
            ):
                found[k] = made
                left.remove(old)
                break
    return found


def _taken_over(
    each: PlannedSentence, old: BriefSentence, support: tuple[int, ...], context: ClusterContext
) -> PlannedSentence:
    clause = context.reader.parse(old.text)
    cited = {context.origin_of(one.article_id) for one in old.citations}
    further = [
        one
        for one in each.citations
        if one.role == "corroborates" and context.origin_of(one.article_id) not in cited
    ]
    citations = (*old.citations, *further)
    return msgspec.structs.replace(
        each,
        text=old.text,
        mode=old.mode,
        checks=old.checks,
        origins=context.reporting_origins(citations),
        citations=citations,
        support=support,
        parsed=clause,
        introduced_nouns=introduced_nouns(clause),
        fixed_wording=True,
        carried_over=True,
    )


def figures(each: PlannedSentence | VerifiedCandidate) -> set[str]:
    """The numbers in a sentence, as they are written."""
    return {token.text.lower() for token in each.parsed.tokens if token.pos == "NUM"}


def _support(old: BriefSentence, context: ClusterContext) -> tuple[int, ...]:
    """The sentences that the old one rests on; () if one of them can't be found again."""
    found = [context.cited([each]) for each in old.citations if each.role == "supports"]
    return tuple(i for own in found for i in own) if all(found) else ()
