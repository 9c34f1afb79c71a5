"""Evidence window: of much evidence, the sentences that share most words with a claim, in their order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from service.pipeline.linguistics.normalisation import STOPWORDS

COMPOUND_WORD = re.compile(r"\w+(?:['\u2019.,-]\w+)*")

MAX_EVIDENCE_WORDS = 110
"""Words of evidence that the entailment model reads beside one claim: about 150 tokens."""


def evidence_window(
    sentences: Sequence[str], claim: str, limit: int = MAX_EVIDENCE_WORDS, *, context: bool = True
) -> list[int]:
    """Indices of the sentences that cover the claim's words best, in text order.

    Greedy coverage: each pick adds the most of the claim's words and word pairs that no
    pick has covered yet. Always at least one sentence; more while they fit `limit` words,
    without `context` only those that cover more.

    >>> evidence_window(["Rain fell.", "Talks resumed in Oslo.", "He left Oslo."], "Talks in Oslo.", 4)
    [1]
    """
    wanted = _units(claim)
    held = [_units(sentence) & wanted for sentence in sentences]
    sizes = [len(sentence.split()) for sentence in sentences]
    chosen: list[int] = []
    covered: set[tuple[str, ...]] = set()
    while len(chosen) < len(sentences):
        left = [k for k in range(len(sentences)) if k not in chosen]
        best = max(left, key=lambda k: (len(held[k] - covered), len(held[k]), -k))
        if chosen and not context and not held[best] - covered:
            break
        if chosen and sum(sizes[k] for k in chosen) + sizes[best] > limit:
            break
        chosen.append(best)
        covered |= held[best]
    return sorted(chosen)


def _units(text: str) -> set[tuple[str, ...]]:
    """Content words, and pairs of neighbouring words, lower-cased."""
    words = [word.lower() for word in COMPOUND_WORD.findall(text)]
    pairs = {(a, b) for a, b in zip(words, words[1:], strict=False)}  # noqa: RUF007
    return pairs | {(word,) for word in words if word not in STOPWORDS}
