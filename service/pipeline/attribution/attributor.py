"""Attributor: candidates → the sentences that bear them, and those as exact citations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from service.models.base import KINDS
from service.pipeline.alignment.same_fact import SameFactReader
from service.pipeline.attribution.citations import agrees, highlights, minimal_support
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.compression import Compression
from service.pipeline.decontextualization.standalone import introduced_nouns
from service.pipeline.intermediate import FactGroup, PlannedSentence, VerifiedCandidate
from service.pipeline.types import Citation, Extent, Role, SentenceMode, Span, Verdict
from service.pipeline.verification.verifier import Verifier
from service.pipeline.verification.verify import by_facts

WHOLE, REPORTS_WHOLE = KINDS.index("supported"), 0.5
"""What the reader says, and how surely, of a sentence that alone reports another."""


class Attributor:
    """Verifies candidates and cites them, against the sentences of one cluster."""

    def __init__(
        self, context: ClusterContext, verifier: Verifier, same_fact: SameFactReader
    ) -> None:
        self._context = context
        self._verifier = verifier
        self._same_fact = same_fact

    def prefetch(self, texts: Iterable[str]) -> None:
        """Parse and embed in one call each what will be verified one by one."""
        self._verifier.prefetch(list(texts))

    def verified_texts(
        self, texts: Sequence[str], evidence: Sequence[int]
    ) -> list[VerifiedCandidate]:
        """Texts in other words than the sources', verified against all of the evidence and the
        sentences that name whom it calls "he"."""
        self._verifier.prefetch(texts)
        pool = self._context.reader.with_antecedents(evidence)
        return [self._candidate(text, pool, None) for text in texts]

    def written_text(self, text: str, evidence: Sequence[int]) -> VerifiedCandidate:
        """A written text with the least of the evidence that holds what all of it holds: no rule
        refuses a word there that it did not refuse on all. Of the verdict only the rules of facts
        decide, which are exact; whether the evidence says it is for a model that reads."""
        clause, vector = self._verifier.read(text)
        pool = self._context.reader.with_antecedents(evidence)

        def verdict(indices: Sequence[int]) -> Verdict:
            return self._verifier.verdict(text, indices, ask_model=False)

        whole = verdict(pool)
        agreement = [float(vector @ self._context.vectors[i]) for i in pool]
        support = minimal_support(
            pool, agreement, lambda own: _refused(verdict(own)) <= _refused(whole)
        )
        return VerifiedCandidate(clause, by_facts(verdict(support)), support, vector, None)

    def verified_compressions(
        self, compressions: Sequence[Compression], sentence: int
    ) -> list[VerifiedCandidate]:
        """Compressions of a decontextualized source sentence, verified against that sentence."""
        self._verifier.prefetch([piece.text for piece in compressions])
        pool = self._context.reader.with_antecedents([sentence])
        return [
            self._candidate(each.text, pool, Span(each.start, each.end)) for each in compressions
        ]

    def _candidate(
        self, text: str, evidence: Sequence[int], span: Span | None
    ) -> VerifiedCandidate:
        clause, vector = self._verifier.read(text)

        def verdict(indices: Sequence[int]) -> Verdict:
            return self._verifier.verdict(text, indices, ask_model=span is None)

        whole = verdict(evidence)
        if whole.status != "supported":
            return VerifiedCandidate(clause, whole, tuple(evidence), vector, span)

        def is_supported_by(indices: Sequence[int]) -> bool:
            """As well as all of the evidence: no check fails that passed there."""
            if span is None and not self._verifier.facts_hold(text, indices):
                return False  # before a model is asked
            found = verdict(indices)
            return found.status == "supported" and _failed(found) <= _failed(whole)

        agreement = [float(vector @ self._context.vectors[i]) for i in evidence]
        support = minimal_support(evidence, agreement, is_supported_by)
        return VerifiedCandidate(clause, verdict(support), support, vector, span)

    def planned(
        self,
        group: FactGroup,
        candidate: VerifiedCandidate,
        rank: int,
        mode_if_changed: SentenceMode,
    ) -> PlannedSentence:
        """A supported candidate as it could be printed, with all its citations.

        `mode_if_changed` is its mode where its text is not the source's own.
        """
        supports = self.supports(candidate, candidate.support)
        context = self._context
        read = context.reader.decontextualized(candidate.support[0])
        own_words = candidate.span is not None and not read.inserted
        made = PlannedSentence(
            text=candidate.parsed.text,
            mode="extractive" if own_words else mode_if_changed,
            status=candidate.verdict.status,
            checks=candidate.verdict.checks,
            origins=0,
            citations=tuple(supports),
            support=candidate.support,
            rank=rank,
            article_position=group.article_position,
            lead_score=group.lead_score,
            sentence=context.sentences[group.members[0]],
            vector=candidate.vector,
            parsed=candidate.parsed,
            presupposed_nouns=frozenset()
            if group.opens
            else context.reader.presupposed_nouns(candidate.support[0], candidate.parsed),
            introduced_nouns=introduced_nouns(candidate.parsed),
        )
        return self.corroborated(made, group)

    def corroborated(self, made: PlannedSentence, group: FactGroup) -> PlannedSentence:
        """The sentence with the group's reports of other origins as what corroborates it."""
        verdict = Verdict(made.status, 0.0, made.checks)
        read = VerifiedCandidate(made.parsed, verdict, made.support, made.vector, None)
        follows = group.follows_sentence is not None
        others = [] if follows else self.corroboration(group.members, read)
        own = [each for each in made.citations if each.role != "corroborates"]
        further = [self.citation(i, read, "corroborates", extent) for i, extent in others]
        whole = [i for i, extent in others if extent == "whole"]
        return msgspec.structs.replace(
            made,
            origins=len({self._context.origin(i) for i in (*made.support, *whole)}),
            citations=(*own, *further),
        )

    def corroboration(
        self, members: Sequence[int], candidate: VerifiedCandidate
    ) -> list[tuple[int, Extent]]:
        """One sentence of each further independent origin that reports the fact, those that report
        the whole sentence first."""
        context = self._context
        seen = {context.origin(i) for i in candidate.support}
        others = [i for i in members if context.origin(i) not in seen]
        text = candidate.parsed.text
        read = self._same_fact.reads([(context.sentences[i].text, text) for i in others])
        whole = {
            i
            for i, said in zip(others, read, strict=True)
            if said[WHOLE] >= REPORTS_WHOLE and agrees(candidate.parsed, context.reader.evidence(i))
        }
        found: dict[int, tuple[int, Extent]] = {}
        for i in sorted(others, key=lambda i: i not in whole):
            found.setdefault(context.origin(i), (i, "whole" if i in whole else "part"))
        return list(found.values())

    def supports(self, candidate: VerifiedCandidate, sentences: Sequence[int]) -> list[Citation]:
        """The citations of sentences that the candidate rests on, in their order.

        Those that follow one another in their article are cited as one passage: only there is to
        be seen that the second of two quotations has the speaker of the first.
        """
        extent: Extent = "whole" if len(candidate.support) == 1 else "part"
        places = {i: self.citation(i, candidate, "supports", extent) for i in sorted(sentences)}
        whole: list[Citation] = []
        holder: dict[int, int] = {}
        for i, cited in places.items():
            text = self._context.article(i).text
            if whole and _adjoin(whole[-1], cited, text):
                whole[-1] = _joined(whole[-1], cited, text)
            else:
                whole.append(cited)
            holder[i] = len(whole) - 1
        return [whole[k] for k in dict.fromkeys(holder[i] for i in sentences)]

    def citation(
        self, index: int, candidate: VerifiedCandidate, role: Role, extent: Extent = "whole"
    ) -> Citation:
        """Sentence `index` as a citation: the piece that was taken from it, or all of it; `extent` is
        how much of the candidate it reports."""
        sentence, reader = self._context.sentences[index], self._context.reader
        start, end = sentence.start, sentence.end
        if role == "supports" and candidate.span is not None and index == candidate.support[0]:
            read = reader.decontextualized(index)
            end = start + read.source_offset(candidate.span.end)
            start += read.source_offset(candidate.span.start)
        parts = (
            highlights(candidate.parsed, reader.parsed(index))
            if extent == "part" or (role == "supports" and candidate.span is None)
            else []
        )
        source = self._context.sources[sentence.article]
        score = float(candidate.vector @ self._context.vectors[index])
        sent = source.view.original(start, end)
        marked = (source.view.original(sentence.start + a, sentence.start + b) for a, b in parts)
        return Citation(
            article_id=source.article.id,
            start=sent[0],
            end=sent[1],
            quote=source.article.text[slice(*sent)],
            role=role,
            score=round(min(1.0, max(0.0, score)), 3),
            highlights=tuple(Span(*each) for each in marked),
            extent=extent,
        )


def _adjoin(first: Citation, second: Citation, text: str) -> bool:
    return first.article_id == second.article_id and not text[first.end : second.start].strip()


def _joined(first: Citation, second: Citation, text: str) -> Citation:
    """Two passages of an article's text that follow one another, as one."""
    parts = [each.highlights or (Span(each.start, each.end),) for each in (first, second)]
    marked = bool(first.highlights or second.highlights)
    return msgspec.structs.replace(
        first,
        end=second.end,
        quote=text[first.start : second.end],
        score=max(first.score, second.score),
        highlights=(*parts[0], *parts[1]) if marked else (),
    )


def _failed(verdict: Verdict) -> set[str]:
    return {check.name for check in verdict.checks if not check.passed}


def _refused(verdict: Verdict) -> Counter[tuple[str, str]]:
    return Counter(
        (check.name, word)
        for check in verdict.checks
        if not check.passed
        for word in check.failed or ("",)
    )
