"""What the pipeline asks of its models; the back ends in this package provide it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Scores = NDArray[np.float32]


class Token(msgspec.Struct, frozen=True):
    """A parsed token; `start`/`end` are code points into the parsed text.

    `head` is the index of the syntactic head within the same parse (itself for a
    root), `dep` a ClearNLP dependency label, `tag` a Penn Treebank tag, `pos` a
    universal one, `entity` an OntoNotes label or "", `entity_begins` true on the
    first token of an entity.
    """

    text: str
    start: int
    end: int
    lemma: str
    pos: str
    tag: str
    dep: str
    head: int
    entity: str
    entity_begins: bool


Parse = tuple[Token, ...]


class Message(msgspec.Struct, frozen=True):
    """One turn of a chat prompt; `content` of role "user" may hold untrusted article text."""

    role: str
    content: str


Prompt = tuple[Message, ...]


class Judged(msgspec.Struct, frozen=True):
    """What a writer wrote, and the log-odds of Yes to what it was asked about that; NaN where neither
    Yes nor No is likely."""

    text: str
    odds: float


def continued(prompt: Prompt, answer: str, question: Prompt) -> Prompt:
    """The conversation in which a prompt was answered and something is asked about the answer."""
    return (*prompt, Message("assistant", answer), *question)


def no_step() -> None:
    """What is called between two batches where nobody wants to know or to stop the work."""


class Encoder(Protocol):
    @property
    def fingerprint(self) -> str:
        """Names weights and dtype: what cached vectors are keyed by."""
        ...

    def encode(self, texts: Sequence[str], *, on_step: Callable[[], None] = no_step) -> Vectors:
        """`n` texts → float32 `(n, d)`, rows of unit length; a row depends on its text alone.

        `on_step` is called before each batch and may raise `Cancelled`, which stops the work.
        """
        ...


class Parser(Protocol):
    @property
    def fingerprint(self) -> str: ...

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes that the parser reads."""
        ...

    def parse(self, texts: Sequence[str], *, on_step: Callable[[], None] = no_step) -> list[Parse]:
        """One parse a text, in order.

        `on_step` is called before each batch and may raise `Cancelled`, which stops the work.
        """
        ...


class Writer(Protocol):
    """A chat model: it writes sentences, and judges by how likely it is to answer Yes or No.

    An answer never depends on what else is in the call. `on_step` is called again and again
    while the model works and may raise `Cancelled`, which stops it. All three raise
    `WriterUnavailable` where the model is a server that does not answer.
    """

    @property
    def fingerprint(self) -> str: ...

    @property
    def available(self) -> bool:
        """Whether it answers, as far as is known."""
        ...

    @property
    def concurrency(self) -> int:
        """Prompts that are answered together: more wait for those before them."""
        ...

    @property
    def judges(self) -> bool:
        """Whether it tells probabilities; else what it answers is sure, or nothing."""
        ...

    @property
    def written(self) -> int:
        """Tokens decoded since it was loaded, those of sentences that nobody printed included."""
        ...

    def write(
        self,
        prompts: Sequence[Prompt],
        *,
        max_new_tokens: int = 64,
        on_step: Callable[[], None] | None = None,
    ) -> list[str | None]:
        """`n` prompts → `n` texts, greedily decoded; None for an answer that was cut at
        `max_new_tokens`, or for a prompt that is longer than the model reads."""
        ...

    def judge(
        self, prompts: Sequence[Prompt], *, on_step: Callable[[], None] | None = None
    ) -> Scores:
        """`n` prompts that ask for Yes or No → float32 `(n,)`, the log-odds of Yes at the first
        token of the answer; NaN where neither is among the likely tokens."""
        ...

    def write_and_judge(
        self,
        prompts: Sequence[Prompt],
        question: Prompt,
        *,
        max_new_tokens: int = 64,
        on_step: Callable[[], None] | None = None,
    ) -> list[Judged | None]:
        """What `write` gives for each prompt, with the log-odds of Yes to a question that is put
        behind it in the same conversation."""
        ...


class Chooser(Protocol):
    """A chat model that answers with one of a few words. Raises `WriterUnavailable` where it is a server
    that does not answer."""

    @property
    def fingerprint(self) -> str: ...

    def choose(
        self,
        prompts: Sequence[Prompt],
        answers: Sequence[str],
        *,
        on_step: Callable[[], None] | None = None,
    ) -> Scores:
        """`n` prompts and the `k` words that may answer them → float32 `(n, k)`, how likely each is among
        them; a row is NaN where none is likely at all."""
        ...


class Entailment(Protocol):
    @property
    def fingerprint(self) -> str: ...

    def entails(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """(evidence, claim) pairs → probabilities in [0, 1] that the evidence supports the claim."""
        ...


KINDS = ("supported", "part", "contradicted", "not said")
"""What one sentence can say of a claim: all of its main fact, a part of it, something that cannot be
true beside it, nothing of it."""


class Reader(Protocol):
    @property
    def fingerprint(self) -> str: ...

    def reads(
        self, pairs: Sequence[tuple[str, str]], *, on_step: Callable[[], None] = no_step
    ) -> Scores:
        """`n` pairs (evidence, claim) of one sentence each → float32 `(n, 4)`, the probabilities of
        `KINDS`, which add up to 1.

        A row depends on its pair alone. `on_step` is called before each batch and may raise
        `Cancelled`, which stops the work.
        """
        ...


class Models(msgspec.Struct, frozen=True):
    """The models of one process. Without a `writer` every brief is extractive; `checker`
    is the trained entailment model, `None` until one is registered: the rules decide alone. `support` is
    the writer's model as it was taught to read claims; it takes the checker's place where it is there."""

    encoder: Encoder
    parser: Parser
    reader: Reader
    writer: Writer | None = None
    checker: Entailment | None = None
    support: Chooser | None = None

    def names(self) -> dict[str, str]:
        """Kind → fingerprint of what is loaded, for provenance."""
        held = {
            "encoder": self.encoder,
            "parser": self.parser,
            "writer": self.writer,
            "reader": self.reader,
            "checker": self.checker,
            "support": self.support,
        }
        return {kind: model.fingerprint for kind, model in held.items() if model is not None}
