"""Judge: a text against source sentences → verdict, the fewest spans that bear it, citations.

One judge reads for one run: it parses and embeds each text once, and asks the entailment
model once about each text and evidence, over all runs that share a memo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from service.models.base import Entailment, Models, Vectors
from service.pipeline.attribution.citations import corroborates, highlights, minimal_support
from service.pipeline.decontextualization.compression import Compression
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest.boilerplate import Source
from service.pipeline.ingest.syndication import Origins
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.linguistics.parse import ParsedSentence
from service.pipeline.types import Citation, Memo, Role, Sentence, Span, Verdict
from service.pipeline.verification.evidence_window import evidence_window
from service.pipeline.verification.verify import verify


class ClusterContext(msgspec.Struct, frozen=True):
    """What the stages after ranking read: vectors `(n, d)` are those of `sentences`."""

    sources: Sequence[Source]
    sentences: Sequence[Sentence]
    vectors: Vectors
    origins: Origins
    reader: SourceReader

    def origin(self, sentence: int) -> int:
        return self.origins.origin[self.sentences[sentence].article]


class VerifiedCandidate(msgspec.Struct, frozen=True):
    """A judged candidate with the evidence that supports it. `trim` is None if written."""

    clause: ParsedSentence
    verdict: Verdict
    support: tuple[int, ...]
    vector: Vectors
    trim: Compression | None


class Verifier:
    """Judges and cites against the sentences of one story."""

    def __init__(self, story: ClusterContext, models: Models, memo: Memo) -> None:
        self._story = story
        self._models = models
        self._memo = memo
        self._clauses: dict[str, tuple[ParsedSentence, Vectors]] = {}
        self._entailed: dict[tuple[str, str], float] = {}

    def read(self, texts: Sequence[str]) -> None:
        """Parse and embed in one call each what will be judged."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._clauses]
        vectors = embed(missing, self._models.encoder, self._memo)
        clauses = self._story.reader.clauses(missing)
        self._clauses.update(
            (text, (clause, vector))
            for text, clause, vector in zip(missing, clauses, vectors, strict=True)
        )

    def vector(self, text: str) -> Vectors:
        """`(d,)`, of a text that was read."""
        return self._clauses[text][1]

    def written(self, texts: Sequence[str], evidence: Sequence[int]) -> list[VerifiedCandidate]:
        """Texts → drafts, judged against all of the evidence and whom it calls "he"."""
        self.read(texts)
        pool = self._story.reader.with_antecedents(evidence)
        return [self._draft(text, pool, None) for text in texts]

    def trimmed(self, pieces: Sequence[Compression], sentence: int) -> list[VerifiedCandidate]:
        """Trims of a source sentence's reading → drafts, judged against that sentence."""
        self.read([piece.text for piece in pieces])
        pool = self._story.reader.with_antecedents([sentence])
        return [self._draft(piece.text, pool, piece) for piece in pieces]

    def _draft(
        self, text: str, evidence: Sequence[int], trim: Compression | None
    ) -> VerifiedCandidate:
        clause, vector = self._clauses[text]
        agreement = {i: float(vector @ self._story.vectors[i]) for i in evidence}

        def verdict(indices: Sequence[int]) -> Verdict:
            closest = max(agreement[i] for i in indices)
            read = [self._story.reader.evidence(i, indices) for i in indices]
            said = self._entailment(text, indices) if trim is None else None
            return verify(clause, read, closest, said)

        whole = verdict(evidence)
        if whole.status != "supported":
            return VerifiedCandidate(clause, whole, tuple(evidence), vector, trim)

        def bears(indices: Sequence[int]) -> bool:
            """As well as all of the evidence: no check fails that passed there."""
            found = verdict(indices)
            return found.status == "supported" and _failed(found) <= _failed(whole)

        support = minimal_support(evidence, [agreement[i] for i in evidence], bears)
        return VerifiedCandidate(clause, verdict(support), support, vector, trim)

    def _entailment(self, text: str, indices: Sequence[int]) -> float | None:
        """What the entailment model says of a written text, asked once for each evidence.

        A trim is the source's own words: there the rules know better what its cut changed.
        """
        if self._models.checker is None:
            return None
        sentences = [self._story.reader.evidence(i, indices).clause.text for i in indices]
        evidence = " ".join(sentences[k] for k in evidence_window(sentences, text))
        if (evidence, text) not in self._entailed:
            self._entailed[evidence, text] = self._asked(self._models.checker, evidence, text)
        return self._entailed[evidence, text]

    def _asked(self, checker: Entailment, evidence: str, text: str) -> float:
        """The model's answer, from the memo where any run has asked before."""
        content = msgspec.json.encode((checker.fingerprint, evidence, text))
        key = f"entailed:{hashlib.sha256(content).hexdigest()}"
        (held,) = self._memo.get([key])
        if held is not None:
            return msgspec.json.decode(held, type=float)
        said = float(checker.entails([(evidence, text)])[0])
        self._memo.put({key: msgspec.json.encode(said)})
        return said

    def corroboration(self, members: Sequence[int], draft: VerifiedCandidate) -> list[int]:
        """One sentence of each further independent origin that reports the same."""
        seen = {self._story.origin(i) for i in draft.support}
        found: list[int] = []
        for i in members:
            if self._story.origin(i) in seen:
                continue
            agreement = float(draft.vector @ self._story.vectors[i])
            if corroborates(draft.clause, self._story.reader.evidence(i), agreement):
                found.append(i)
                seen.add(self._story.origin(i))
        return found

    def supports(self, draft: VerifiedCandidate, sentences: Sequence[int]) -> list[Citation]:
        """The citations of sentences that the draft rests on, in their order. Those that follow one
        another in their article are one passage: that whoever says the first of two quotations
        says the other is to be seen only where they stand together."""
        places = {i: self.citation(i, draft, "supports") for i in sorted(sentences)}
        whole: list[Citation] = []
        holder: dict[int, int] = {}
        for i, cited in places.items():
            text = self._story.sources[self._story.sentences[i].article].article.text
            if whole and _adjoin(whole[-1], cited, text):
                whole[-1] = _joined(whole[-1], cited, text)
            else:
                whole.append(cited)
            holder[i] = len(whole) - 1
        return [whole[k] for k in dict.fromkeys(holder[i] for i in sentences)]

    def citation(self, index: int, draft: VerifiedCandidate, role: Role) -> Citation:
        sentence = self._story.sentences[index]
        start, end = sentence.start, sentence.end
        if role == "supports" and draft.trim is not None and index == draft.support[0]:
            reading = self._story.reader.decontextualized(index)
            end = start + reading.source(draft.trim.end)
            start += reading.source(draft.trim.start)
        parts = (
            highlights(draft.clause, self._story.reader.parsed(index))
            if role == "supports" and draft.trim is None
            else []
        )
        article = self._story.sources[sentence.article].article
        score = float(draft.vector @ self._story.vectors[index])
        return Citation(
            article_id=article.id,
            start=start,
            end=end,
            quote=article.text[start:end],
            role=role,
            score=round(min(1.0, max(0.0, score)), 3),
            highlights=tuple(Span(sentence.start + a, sentence.start + b) for a, b in parts),
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
