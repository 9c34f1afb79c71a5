"""Verifier: a text and source sentences → the verdict whether it may stand on them.

One verifier serves one run. It parses and embeds each text once, and asks the entailment model
once about each text and evidence, over all runs that share a memo.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from service.models.base import Entailment, Models, Vectors
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.linguistics.parse import ParsedSentence, is_parsable
from service.pipeline.types import Memo, Verdict
from service.pipeline.verification.calibration import overlap
from service.pipeline.verification.evidence_window import evidence_window
from service.pipeline.verification.support import SAID, Reading, SupportReader
from service.pipeline.verification.verify import FACTS, SAID_OTHERWISE, SUPPORTED, verify


class Verifier:
    """Judges texts against the sentences of one cluster."""

    def __init__(
        self,
        context: ClusterContext,
        models: Models,
        memo: Memo,
        support: SupportReader | None = None,
    ) -> None:
        self._context = context
        self._support = support
        self._models = models
        self._memo = memo
        self._read: dict[str, tuple[ParsedSentence, Vectors]] = {}
        self._entailed: dict[tuple[str, str], float] = {}

    def prefetch(self, texts: Sequence[str]) -> None:
        """Parse and embed these texts in one call each; what is judged alone is read alone."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._read]
        reader = self._context.reader
        vectors = embed(missing, self._models.encoder, self._memo, on_step=reader.on_step)
        parsed = reader.parse_all(missing)
        self._read.update(
            (text, (clause, vector))
            for text, clause, vector in zip(missing, parsed, vectors, strict=True)
        )

    def read(self, text: str) -> tuple[ParsedSentence, Vectors]:
        """A text as parsed, and its vector `(d,)`."""
        if text not in self._read:
            self.prefetch([text])
        return self._read[text]

    def verdict(self, text: str, evidence: Sequence[int], *, ask_model: bool = True) -> Verdict:
        """Whether `text` stands on the sentences with these indices, read together.

        With `ask_model` the entailment model is asked too. Of a compression it is not: there the
        rules know better what the cut changed.
        """
        clause, vector = self.read(text)
        context = self._context
        agreement = max(float(vector @ context.vectors[i]) for i in evidence)
        read = [context.reader.evidence(i, evidence) for i in evidence]
        if ask_model and (reading := self._reading(text, [each.parsed.text for each in read])):
            return verify(clause, read, agreement, reading.said, reading)
        said = self._entailment(text, evidence) if ask_model else None
        return verify(clause, read, agreement, said)

    def facts_hold(self, text: str, evidence: Sequence[int]) -> bool:
        """Whether every name, figure, day and quotation of `text` stands in the sentences with these indices: where
        not, no model is asked, for none could let it pass."""
        clause = self.read(text)[0]
        read = [self._context.reader.evidence(i, evidence) for i in evidence]
        return is_parsable(text) and all(rule(clause, read).passed for rule in FACTS)

    def _reading(self, text: str, evidence: Sequence[str]) -> Reading | None:
        """What the evidence says of a text, as the writer's model reads it: what the nearest sentence says alone, which
        takes a third of the time and which no other one can unsay; where it does not find the text there, what all of
        the evidence says, if that is more. A source's own sentence is said."""
        if self._support is None:
            return None
        if text in evidence:
            return SAID
        nearest = max(evidence, key=lambda each: overlap([each], text, 1))
        (alone,) = self._support.reads([([nearest], text)])
        if alone is None or alone.said >= SUPPORTED or len(evidence) == 1:
            return alone
        (whole,) = self._support.reads([(evidence, text)])
        return alone if whole is None or whole.said < alone.said else whole

    def contradicted(
        self, text: str, indices: Sequence[int], surely: float = SAID_OTHERWISE
    ) -> list[bool]:
        """Per sentence whether it says otherwise than `text`, as the writer's model reads it, so `surely`."""
        if self._support is None:
            return [False] * len(indices)
        sentences = [self._context.sentences[i].text for i in indices]
        read = self._support.reads([([each], text) for each in sentences])
        return [each is not None and each.contradicted >= surely for each in read]

    def _entailment(self, text: str, indices: Sequence[int]) -> float | None:
        """The entailment model's probability, or None where no model is loaded."""
        if self._models.checker is None:
            return None
        reader = self._context.reader
        sentences = [reader.evidence(i, indices).parsed.text for i in indices]
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
