"""Train the writer's adapter: low-rank changes to the upper layers of the writer's GGUF weights.

    python -m training.writer DATA.jsonl ... --out service/models/writer-1.5b.gguf [--writer NAME]

DATA holds what `training.support` makes, pairs as `training.reader` has them, to be told apart as the same fact or not, and `{cluster, kind, reports: [{text, before}], right: [sentence], wrong: [{text, fault}]}`:
what one outlet or two report, sentences that an editor would print, the best first, and others with one
fault each. The writer learns to write the best, and to answer Yes or No when it is asked to check each, as if it had
written it. Of the kind `headline` they are headlines of the one report; of `written` all were written by the writer
itself and labelled, and of `apart` the two hardly belong together: none of these is learnt, they are only checked. It is
trained on the weights as llama.cpp runs them, packed to four bits and unpacked again, and written
as llama.cpp reads adapters. Layers below `--first` stay as they are, so that what they make
of an example is computed once. With `--held-out` every tenth cluster is kept out.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from service.models.base import Prompt
from service.models.llama_server import weights
from service.models.loading import DEFAULT_WRITER
from service.models.registry import locate
from service.pipeline.prompts import templates

SEED = 0
RANK, ALPHA = 16, 32
RATE, WARM_UP = 3e-4, 0.06
CHECKPOINT = 50
"""Steps after which what is trained so far is written."""

ONE_WORD = 3
"""Tokens of an answer of one word: with that before it, and its end."""

MOST_TOKENS = 450
"""Tokens of one step: two groups of reports or three, each with all its sentences."""

PARTS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""The matrices of a layer that are changed: their names here and in llama.cpp."""


class Example(msgspec.Struct, frozen=True):
    """What is asked, with the prompt of that name, the answer, and whether that is learnt; what is to be
    answered when it is checked, "" where it is not."""

    prompt: str
    inputs: dict[str, Any]
    answer: str
    verdict: str = ""
    learnt: bool = True


class Pack(msgspec.Struct, frozen=True):
    """Conversations as one tree of tokens: what begins alike is read once. Per token its id, its
    position in its conversation, and the index of the token before it, -1 for the first; per answer
    that is learnt the indices of its tokens, behind that of the token before them."""

    prompt: str
    ids: list[int]
    positions: list[int]
    parents: list[int]
    answers: list[list[int]]


def read(paths: Sequence[Path], *, keep_out: bool) -> tuple[list[Example], list[Example]]:
    """Examples to train on, and with `keep_out` those of every tenth cluster."""
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines()]
    clusters = sorted({row["cluster"] for row in rows})
    Random(SEED).shuffle(clusters)
    kept = set(clusters[::10]) if keep_out else set[str]()
    made: tuple[list[Example], list[Example]] = ([], [])
    for row in rows:
        made[row["cluster"] in kept].extend(examples(row))
    return made


def examples(row: dict[str, Any]) -> Iterator[Example]:
    if row["kind"] == "support":
        inputs = {"evidence": row["evidence"], "claim": row["claim"]}
        yield Example("support", inputs, row["answer"])
        return
    if "claim" in row:
        answer = "Yes" if row["kind"] in ("supported", "part") else "No"
        yield Example("same_fact", {"fact": row["claim"], "report": row["evidence"]}, answer)
        return
    if row["kind"] == "lead":
        answer = "Yes" if row["label"] else "No"
        yield Example("lead", {"sentence": row["reports"][0]["text"]}, answer)
        return
    prompt, inputs = "fuse", {"reports": row["reports"]}
    if row["kind"] == "headline":
        prompt, inputs = "headline", {"sentence": row["reports"][0]["text"]}
    for number, text in enumerate(row["right"]):
        learnt = number == 0 and row["kind"] not in ("written", "apart")
        yield Example(prompt, inputs, text, "Yes", learnt=learnt)
    for each in row["wrong"]:
        yield Example(prompt, inputs, each["text"], "No", learnt=False)


def encode(tokenizer: Any, example: Example) -> tuple[list[int], list[slice]]:
    """The tokens of the conversation, and where what is learnt of them lies."""
    held = templates()
    asked = held[example.prompt].render(**example.inputs)
    ids = tokenizer(_turns(asked))["input_ids"]
    learnt: list[slice] = []

    def answered(text: str, *, learn: bool) -> None:
        begin = len(ids)
        ids.extend(tokenizer(text + "<|im_end|>")["input_ids"])
        learnt.extend([slice(begin, len(ids))] if learn else [])

    answered(example.answer, learn=example.learnt)
    if example.verdict:
        ids += tokenizer("\n" + _turns(held["check"].render()))["input_ids"]
        answered(example.verdict, learn=True)
    return ids, learnt


def _turns(messages: Prompt) -> str:
    turns = [f"<|im_start|>{each.role}\n{each.content}<|im_end|>\n" for each in messages]
    return "".join(turns) + "<|im_start|>assistant\n"


def packed(tokenizer: Any, given: Sequence[Example]) -> list[Pack]:
    """Examples of one prompt together, those of the same reports next to each other."""
    order = sorted(
        ((each.prompt, *encode(tokenizer, each)) for each in given), key=lambda each: each[:2]
    )
    packs: list[Pack] = []
    held: list[tuple[list[int], list[slice]]] = []
    for n, (name, ids, learnt) in enumerate(order):
        own = (ids, learnt)
        larger = pack([*held, own], name)
        if held and len(larger.ids) > MOST_TOKENS:
            packs.append(pack(held, name))
            held = []
        held.append(own)
        if n + 1 == len(order) or order[n + 1][0] != name:
            packs.append(pack(held, name))
            held = []
    return packs


def pack(examples: Sequence[tuple[list[int], list[slice]]], name: str) -> Pack:
    """(tokens, what is learnt of them) of each → one tree."""
    made, known = Pack(name, [], [], [], []), dict[tuple[int, int], int]()
    for tokens, learnt in examples:
        path = [-1]
        for position, token in enumerate(tokens):
            step = (path[-1], token)
            if step not in known:
                known[step] = len(made.ids)
                made.ids.append(token)
                made.positions.append(position)
                made.parents.append(path[-1])
            path.append(known[step])
        made.answers.extend(path[each.start : each.stop + 1] for each in learnt)
    return made


def low_rank(model: Any, first: int) -> dict[str, Any]:
    """Put two small trained matrices beside each matrix of the layers from `first` on, in place;
    llama.cpp's name → the matrices."""
    import torch

    class LowRank(torch.nn.Module):
        def __init__(self, whole: Any) -> None:
            super().__init__()
            self.whole = whole
            self.a = torch.nn.Parameter(torch.empty(RANK, whole.in_features))
            self.b = torch.nn.Parameter(torch.zeros(whole.out_features, RANK))
            torch.nn.init.kaiming_uniform_(self.a, math.sqrt(5))

        def forward(self, x: Any) -> Any:
            small = x @ self.a.to(x.dtype).T @ self.b.to(x.dtype).T
            return self.whole(x) + small * (ALPHA / RANK)

    made: dict[str, Any] = {}
    for number, layer in enumerate(model.model.layers):
        for own, name in PARTS.items() if number >= first else ():
            parent, attribute = layer.get_submodule(own.split(".")[0]), own.split(".")[1]
            pair = LowRank(getattr(parent, attribute))
            setattr(parent, attribute, pair)
            made[f"blk.{number}.{name}.weight"] = pair
    return made


def save(pairs: dict[str, Any], path: Path) -> None:
    """Write the trained matrices as llama.cpp's adapter, in half precision."""
    import gguf
    import numpy as np

    made = path.with_suffix(".new")
    file = gguf.GGUFWriter(made, "qwen2")
    file.add_string("general.type", "adapter")
    file.add_string("adapter.type", "lora")
    file.add_float32("adapter.lora.alpha", ALPHA)
    for name, pair in pairs.items():
        for own, matrix in (("lora_a", pair.a), ("lora_b", pair.b)):
            file.add_tensor(f"{name}.{own}", matrix.detach().numpy().astype(np.float16))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
    made.replace(path)


def start(pairs: dict[str, Any], path: Path) -> None:
    """Go on from an adapter that `save` wrote."""
    import gguf
    import torch

    held = {each.name: torch.tensor(each.data) for each in gguf.GGUFReader(path).tensors}
    for name, pair in pairs.items():
        pair.a.data.copy_(held[f"{name}.lora_a"])
        pair.b.data.copy_(held[f"{name}.lora_b"])


class Trainer:
    """One model with its adapter, and what its lower layers make of each pack."""

    def __init__(self, model: Any, first: int, packs: list[Pack]) -> None:
        """Runs all packs through the layers below `first`; prints how far it is."""
        import torch

        self._model, self._first, self._packs = model, first, packs
        self._below: list[Any] = []
        with torch.no_grad():
            for each in packs:
                state = model.model.embed_tokens(torch.tensor(each.ids)[None])
                self._below.append(self._through(state, each, slice(0, first)))
                if len(self._below) % 20 == 0:
                    print(f"lower layers {len(self._below)}/{len(packs)}", flush=True)

    def pack(self, number: int) -> Pack:
        return self._packs[number]

    def logits(self, number: int) -> Any:
        """What the model makes of the tokens before each token of the pack's answers, in order."""
        import torch

        own = self._packs[number]
        state = self._through(self._below[number], own, slice(self._first, None))[0]
        before = [state[each[:-1]] for each in own.answers]
        return self._model.lm_head(self._model.model.norm(torch.cat(before))).float()

    def losses(self, number: int) -> Any:
        """Per answer of the pack that is learnt its mean cross-entropy."""
        import torch

        own = self._packs[number]
        expected = torch.tensor([own.ids[i] for each in own.answers for i in each[1:]])
        each = torch.nn.functional.cross_entropy(self.logits(number), expected, reduction="none")
        return torch.stack([part.mean() for part in each.split([len(a) - 1 for a in own.answers])])

    def _through(self, state: Any, pack: Pack, layers: slice) -> Any:
        """A token sees itself and those before it in its conversation."""
        import torch

        seen = torch.eye(len(pack.ids), dtype=torch.bool)
        for i, parent in enumerate(pack.parents):
            if parent >= 0:
                seen[i] |= seen[parent]
        mask = torch.zeros(seen.shape, dtype=state.dtype)
        mask = mask.masked_fill(~seen, torch.finfo(state.dtype).min)[None, None]
        rotary = self._model.model.rotary_emb(state, torch.tensor(pack.positions)[None])
        for layer in self._model.model.layers[layers]:
            state = layer(state, attention_mask=mask, position_embeddings=rotary)
        return state


def main() -> None:
    import torch
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        get_linear_schedule_with_warmup,
    )

    parser = argparse.ArgumentParser(description="Train the writer's adapter.")
    parser.add_argument("data", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="an adapter of another run, to go on from")
    parser.add_argument("--writer", default=DEFAULT_WRITER)
    parser.add_argument("--first", type=int, default=18)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--dtype", default="float32", help="bfloat16 where the processor has it")
    parser.add_argument("--held-out", action="store_true")
    given = parser.parse_args()

    torch.manual_seed(SEED)
    file = weights(locate(given.writer, "writer"))
    assert file is not None, "adapters are for GGUF weights"  # noqa: S101
    stored = {"gguf_file": file.name, "dtype": getattr(torch, given.dtype)}
    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    model = AutoModelForCausalLM.from_pretrained(file.parent, **stored).requires_grad_(False)
    pairs = low_rank(model, given.first)
    if given.start:
        start(pairs, given.start)
    rows, held = read(given.data, keep_out=given.held_out)
    packs, kept = packed(tokenizer, rows), packed(tokenizer, held)
    trainer = Trainer(model, given.first, [*packs, *kept])
    trained = [matrix for pair in pairs.values() for matrix in (pair.a, pair.b)]
    order = [
        number
        for epoch in range(given.epochs)
        for number in Random(SEED + epoch).sample(range(len(packs)), len(packs))
    ]
    optimizer = torch.optim.AdamW(trained, lr=given.rate, weight_decay=0.0)
    warm = max(1, int(WARM_UP * len(order)))
    schedule = get_linear_schedule_with_warmup(optimizer, warm, len(order))
    begun, losses = time.monotonic(), []
    for step, number in enumerate(order, 1):
        loss = trainer.losses(number).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if step % 10 == 0 or step == len(order):
            mean, took = sum(losses[-40:]) / len(losses[-40:]), time.monotonic() - begun
            print(f"step {step}/{len(order)} loss {mean:.4f} {took:.0f} s", flush=True)
        if step % CHECKPOINT == 0 or step == len(order):
            save(pairs, given.out)
    if kept:
        (yes,) = tokenizer("Yes")["input_ids"]
        with torch.no_grad():
            report(trainer, range(len(packs), len(packs) + len(kept)), yes)


def report(trainer: Trainer, numbers: Sequence[int], yes: int) -> None:
    """How likely the sentences of the held-out packs are, and how well Yes is told from other answers."""
    import torch

    losses: list[float] = []
    asked: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for number in numbers:
        own, logits, place = trainer.pack(number), trainer.logits(number), 0
        for answer, loss in zip(own.answers, trainer.losses(number).tolist(), strict=True):
            if len(answer) == ONE_WORD:
                asked[own.prompt].append((own.ids[answer[1]], logits[place]))
            else:
                losses.append(loss)
            place += len(answer) - 1
    print(f"held out: {sum(losses) / max(1, len(losses)):.4f} of {len(losses)} sentences")
    for prompt, found in asked.items():
        others = sorted({word for word, _ in found} - {yes})
        odds = [(word, float(each[yes] - torch.logsumexp(each[others], 0))) for word, each in found]
        right, wrong = (
            [x for word, x in odds if (word == yes) == is_yes] for is_yes in (True, False)
        )
        above = [(a > b) + (a == b) / 2 for a in right for b in wrong]
        area = sum(above) / max(1, len(above))
        print(f"{prompt}: Yes above the others {area:.3f} of {len(right)} and {len(wrong)}")
        for least in (-1.0, 0.0, 1.0, 2.0, 3.0, 4.0):
            shares = [sum(x >= least for x in own) / max(1, len(own)) for own in (right, wrong)]
            print(f"from {least:+.0f} on: right {shares[0]:.2f}, wrong {shares[1]:.2f}")


if __name__ == "__main__":
    main()
