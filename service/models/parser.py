"""The parser: a spaCy pipeline → the project's own tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.models.base import Parse, Token
from service.models.registry import Located


class SpacyParser:
    """Tags, dependencies and entities. Texts are parsed one by one: spaCy's matrix shapes,
    and with them its last bits, depend on what shares a batch."""

    def __init__(self, pipeline: Any, fingerprint: str) -> None:
        self._pipeline = pipeline
        self.fingerprint = fingerprint
        self.languages = frozenset({str(pipeline.lang)})

    @classmethod
    def load(cls, located: Located) -> SpacyParser:
        import spacy

        return cls(spacy.load(located.path), located.fingerprint)

    def parse(self, texts: Sequence[str]) -> list[Parse]:
        return [self._parse(text) for text in texts]

    def _parse(self, text: str) -> Parse:
        return tuple(
            Token(
                text=token.text,
                start=token.idx,
                end=token.idx + len(token.text),
                lemma=token.lemma_,
                pos=token.pos_,
                tag=token.tag_,
                dep=token.dep_,
                head=token.head.i,
                entity=token.ent_type_,
                entity_begins=token.ent_iob_ == "B",
            )
            for token in self._pipeline(text)
        )
