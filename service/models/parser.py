"""The parser: a spaCy pipeline → the project's own tokens."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from service.models.base import Parse, Token, no_step
from service.models.registry import Located

ROWS = 64
"""Texts a batch: 170 news sentences take 0.72 s, one by one 1.16 s. spaCy's own networks
run on BLIS, whose rows don't depend on the batch: all tensors and labels were equal at
1, 8, 64 and 256. Pipelines on a transformer promise no such thing and go one by one."""


BATCH_CHARACTERS = 8000
"""Characters a batch, so that one of long texts takes no second either: about `ROWS` news sentences."""

KEPT = 4096
"""Parses kept, the latest used: a story's articles come again with every new version of it,
and with every draft that is checked against them. About 40 MB of news sentences."""


class SpacyParser:
    """Tags, dependencies and entities, under one lock: spaCy's vocabulary is shared."""

    def __init__(self, pipeline: Any, fingerprint: str) -> None:
        self._pipeline = pipeline
        self._kept: dict[str, Parse] = {}
        self._rows = 1 if any("transformer" in name for name in pipeline.pipe_names) else ROWS
        self._lock = threading.Lock()
        self.fingerprint = fingerprint
        self.languages = frozenset({str(pipeline.lang)})

    @classmethod
    def load(cls, located: Located) -> SpacyParser:
        import spacy

        return cls(spacy.load(located.path), located.fingerprint)

    def parse(self, texts: Sequence[str], *, on_step: Callable[[], None] = no_step) -> list[Parse]:
        """One parse a text, in order. `on_step` is called before each batch and may raise
        `Cancelled`: what was parsed until then is kept."""
        with self._lock:
            found = {text: self._kept.pop(text) for text in texts if text in self._kept}
            missing = [text for text in dict.fromkeys(texts) if text not in found]
            try:
                for batch in _batches(missing, self._rows):
                    on_step()
                    docs = self._pipeline.pipe(batch, batch_size=self._rows)
                    found.update(zip(batch, map(_tokens, docs), strict=True))
            finally:
                self._kept.update(found)
                for text in list(self._kept)[: max(0, len(self._kept) - KEPT)]:
                    del self._kept[text]
        return [found[text] for text in texts]


def _batches(texts: Sequence[str], rows: int) -> Iterator[list[str]]:
    """The texts in their order, at most `rows` at once and `MAX_CHARACTERS`, or a single one."""
    batch: list[str] = []
    characters = 0
    for text in texts:
        if batch and (len(batch) == rows or characters + len(text) > BATCH_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(text)
        characters += len(text)
    if batch:
        yield batch


def _tokens(doc: Any) -> Parse:
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
        for token in doc
    )
