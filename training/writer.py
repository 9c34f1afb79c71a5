"""Tune the writer: a low-rank adapter for compression and fusion that stay with the sources.

    python -m training.writer --data ../train --work /tmp/writer

Stages, each kept in --work and taken up again where it was left: examples (people's fusions
and compressions, reversed splits, and groups made from single sentences, filtered by the
checker), training (Hu et al. 2022, on every linear layer; loss on the answer alone), and the
adapter that ships. Prompts are those that `prompts/` renders.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from service.models.base import Models
from service.models.loading import ModelConfig, load
from service.models.registry import locate
from service.pipeline.decontextualization.standalone import is_standalone, presupposed_nouns
from service.pipeline.linguistics.parse import ParsedSentence, balanced
from service.pipeline.writing.prompts import templates
from training.clauses import asides, dropped, told_alone, two_acts
from training.pairs import rows

SEED = 20261123
RANK, SCALE = 8, 2.0
RATE, WARM_UP = 4e-4, 0.03
BATCH = 12
MAX_TOKENS = 256
CHECKPOINT_S = 240

MOST = {
    "b_sentfuse_cnndm": 5000,
    "b_poc_fusion": 600,
    "b_poc_auto": 300,
    "b_wikisplit_fusion": 1800,
}
"""Set → how many of its fusions to take at most; all allow use in a product."""

MIN_COVER = 0.8
"""Share of the target's content words that its sources must hold."""

MIN_SUPPORT = 0.7
"""Least probability, by the entailment model, that the sources say what the target says."""

MIN_WORDS, MAX_WORDS = 8, 34
MOST_MADE = 40000
SHORTER, SHORTENED = 0.85, 0.3
EDGES = ",.;:'\"()\u2018\u2019\u201c\u201d"


class Example(msgspec.Struct):
    """`prompt` is the name of the prompt that asks for `target`."""

    prompt: str
    sources: list[str]
    target: str


def make_examples(data: Path, work: Path) -> list[Example]:
    path = work / "examples.jsonl"
    if not path.is_file():
        models = load(ModelConfig())
        random = Random(SEED)
        found = [*fusions(data, random), *made(data, models, random)]
        random.shuffle(found)
        found = supported(found, models)
        path.write_bytes(b"\n".join(msgspec.json.encode(each) for each in found))
    return [msgspec.json.decode(line, type=Example) for line in path.read_bytes().splitlines()]


def fusions(data: Path, random: Random) -> Iterator[Example]:
    """People's fusions and reversed splits that keep to their sources."""
    for name, most in MOST.items():
        found = [row for row in rows(data / f"{name}.jsonl") if row["hard_ok"]]
        found = [row for row in found if row["cover"] >= MIN_COVER and len(row["sources"]) <= 2]
        random.shuffle(found)
        for row in found[:most]:
            target = row["target"].strip()
            if printable(target) and cased(target, row["sources"]):
                prompt = "fuse" if len(row["sources"]) == 2 else "compress"
                yield Example(prompt, row["sources"], target)


def made(data: Path, models: Models, random: Random) -> Iterator[Example]:
    """From news sentences: clauses dropped, asked of the whole; the whole, asked of two drops.

    Two drops of one sentence are what two outlets make of one wire report: they overlap, and
    each says what the other leaves out.
    """
    texts = [text for text in news(data) if 14 <= len(text.split()) <= 40 and printable(text, 40)]
    random.shuffle(texts)
    texts = texts[:MOST_MADE]
    for text, parse in zip(texts, models.parser.parse(texts), strict=True):
        clause = ParsedSentence(text, parse)
        if not is_standalone(clause):
            continue
        cut = [(dropped(clause, piece), told_alone(clause, piece)) for piece in asides(clause)]
        without = [whole for whole, _ in cut if whole]
        short = [whole for whole in without if len(whole.split()) <= SHORTER * len(text.split())]
        if short and random.random() < SHORTENED:
            yield Example("compress", [text], random.choice(short))
        if len(text.split()) > MAX_WORDS:
            continue
        pairs = [*combinations(without, 2), *((a, b) for a, b in cut if a and b)]
        if both := two_acts(clause):
            pairs.append(both)
        for pair in random.sample(pairs, min(2, len(pairs))):
            named = [pair[0], by_last_name(pair[1], clause) if random.random() < 0.5 else pair[1]]
            random.shuffle(named)
            yield Example("fuse", named, text)


def news(data: Path) -> list[str]:
    """News sentences, each once: what the marked fusions and the judged summaries rest on."""
    found = [s for row in rows(data / "b_sentfuse_cnndm.jsonl") for s in row["sources"]]
    for name in ("fib_xsum", "fib_cnndm"):
        for row in rows(data / f"{name}.jsonl"):
            found += re.split(r"(?<=[.\u201d\"])\s+(?=[A-Z\u201c\"])", row["evidence"])
    return list(dict.fromkeys(text.strip() for text in found))


def by_last_name(text: str, clause: ParsedSentence) -> str:
    """The text with the sentence's first person named as a second mention does."""
    names = [t for t in clause.tokens if t.entity == "PERSON"]
    first = [t for t in names if t.start < names[0].start + 40][:3] if names else []
    whole = clause.text[first[0].start : first[-1].end] if first else ""
    last = whole.split(" ")[-1]
    return text.replace(whole, last, 1) if len(whole.split()) == len(first) > 1 else text


def cased(target: str, sources: list[str]) -> bool:
    """Whether every word has the case that the sources give it: some were lower-cased once."""
    inner = [w.strip(EDGES) for s in sources for w in re.split(r"[\s-]+", s)[1:]]
    upper = {word for word in inner if word[:1].isupper()}
    lower = {word for word in inner if word[:1].islower()}
    _, *rest = (word.strip(EDGES) for word in re.split(r"[\s-]+", target))
    return all(
        word in upper if word[:1].isupper() else word.capitalize() not in upper or word in lower
        for word in rest
        if word[:1].isalpha()
    )


def printable(target: str, most: int = MAX_WORDS) -> bool:
    """A whole sentence of a length that a brief prints, without marks of extraction."""
    words = target.split()
    return (
        MIN_WORDS <= len(words) <= most
        and target[0].isupper()
        and target[-1] in '.\u201d"'
        and balanced(target)
        and " - " not in target
        and "(CNN)" not in target
        and target.count("'") % 2 == 0
        and not any(mark in target for mark in ("...", ":", ";", "``", "--"))
    )


def supported(examples: list[Example], models: Models) -> list[Example]:
    """Those that stand alone and whose sources say what they say, by the entailment model."""
    if models.checker is None:
        raise SystemExit("this needs the entailment model: train the checker first")
    parses = models.parser.parse([each.target for each in examples])
    clauses = [
        ParsedSentence(each.target, parse) for each, parse in zip(examples, parses, strict=True)
    ]
    examples = [
        each
        for each, clause in zip(examples, clauses, strict=True)
        if is_standalone(clause) and not presupposed_nouns(clause) and len(clause.roots) == 1
    ]
    said = models.checker.entails([(" ".join(each.sources), each.target) for each in examples])
    return [each for each, chance in zip(examples, said, strict=True) if chance >= MIN_SUPPORT]


def adapted(model: Any) -> dict[str, Any]:
    """Put an adapter beside every linear layer; → name of its weight → the adapter."""
    import torch

    class Adapter(torch.nn.Module):
        """`W x + SCALE B A x` with `A` `(r, m)` and `B` `(n, r)`, only these trained."""

        def __init__(self, linear: torch.nn.Linear) -> None:
            super().__init__()
            self.linear = linear
            self.a = torch.nn.Parameter(torch.randn(RANK, linear.in_features) / RANK**0.5 / 8)
            self.b = torch.nn.Parameter(torch.zeros(linear.out_features, RANK))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            low = torch.nn.functional.linear(x, self.a.to(x.dtype))
            return self.linear(x) + SCALE * torch.nn.functional.linear(low, self.b.to(x.dtype))

    for parameter in model.parameters():
        parameter.requires_grad = False
    found: dict[str, Any] = {}
    for name, module in list(model.named_modules()):
        for child, linear in list(module.named_children()):
            if isinstance(linear, torch.nn.Linear) and child != "lm_head":
                adapter = Adapter(linear)
                setattr(module, child, adapter)
                found[f"{name}.{child}.weight"] = adapter
    return found


def encode(tokenizer: Any, example: Example) -> tuple[list[int], int]:
    """Token ids of prompt and answer, and how many of them are the prompt's."""
    template = templates()[example.prompt]
    prompt = (
        template.render(sentences=example.sources)
        if example.prompt == "fuse"
        else template.render(sentence=example.sources[0])
    )
    turns = [{"role": each.role, "content": each.content} for each in prompt]
    asked = tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=True)
    head = list(asked["input_ids"])
    answer = tokenizer(example.target, add_special_tokens=False)["input_ids"]
    return [*head, *answer, tokenizer.eos_token_id], len(head)


def train(examples: list[Example], work: Path, epochs: float) -> dict[str, Any]:
    """Examples → the adapter's tensors; goes on from the last checkpoint."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, get_linear_schedule_with_warmup

    torch.manual_seed(SEED)
    folder = locate("SmolLM2-135M-Instruct", "writer").path
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
    adapters = adapted(model)
    encoded = [encode(tokenizer, each) for each in examples]
    encoded = [each for each in encoded if len(each[0]) <= MAX_TOKENS]
    order: list[list[int]] = []
    for epoch in range(int(epochs) + 1):
        random = Random(SEED + epoch)
        ids = sorted(range(len(encoded)), key=lambda k: (len(encoded[k][0]) // 16, random.random()))
        made_ = [ids[k : k + BATCH] for k in range(0, len(ids), BATCH)]
        random.shuffle(made_)
        order += made_
    order = order[: int(epochs * len(encoded) / BATCH)]
    parameters = [p for adapter in adapters.values() for p in (adapter.a, adapter.b)]
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.0)
    schedule = get_linear_schedule_with_warmup(optimizer, int(WARM_UP * len(order)), len(order))
    begin, path = 0, work / "checkpoint.pt"
    if path.is_file():
        state = torch.load(path)
        for parameter, value in zip(parameters, state["adapter"], strict=True):
            parameter.data.copy_(value)
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        begin = state["step"]
    print(f"{len(encoded)} examples, {len(order)} steps, from {begin}", flush=True)
    saved = told = time.monotonic()
    losses: list[float] = []
    for step in range(begin, len(order)):
        rows_ = [encoded[k] for k in order[step]]
        length = max(len(ids) for ids, _ in rows_)
        ids = torch.full((len(rows_), length), tokenizer.eos_token_id)
        wanted = torch.full((len(rows_), length), -100)
        mask = torch.zeros((len(rows_), length), dtype=torch.long)
        for k, (own, head) in enumerate(rows_):
            ids[k, : len(own)], mask[k, : len(own)] = torch.tensor(own), 1
            wanted[k, head : len(own)] = ids[k, head : len(own)]
        loss = model(input_ids=ids, attention_mask=mask, labels=wanted).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        last = step + 1 == len(order)
        if last or time.monotonic() - told > 30:
            told = time.monotonic()
            mean = sum(losses[-50:]) / len(losses[-50:])
            print(f"step {step + 1}/{len(order)} loss {mean:.4f}", flush=True)
        if last or time.monotonic() - saved > CHECKPOINT_S:
            saved = time.monotonic()
            torch.save(
                {"adapter": [p.data for p in parameters], "optimizer": optimizer.state_dict(),
                 "schedule": schedule.state_dict(), "step": step + 1}, path,
            )  # fmt: skip
    return {
        f"{name}.{part}": value.to(torch.bfloat16).contiguous()
        for name, adapter in adapters.items()
        for part, value in (("A", adapter.a.data), ("B", SCALE * adapter.b.data))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the training sets")
    parser.add_argument("--work", type=Path, required=True, help="where stages are kept")
    parser.add_argument("--epochs", type=float, default=1.0)
    parser.add_argument("--out", type=Path, help="safetensors file to write (default: in --work)")
    presupposed_nouns = parser.parse_args()
    presupposed_nouns.work.mkdir(parents=True, exist_ok=True)
    examples = make_examples(presupposed_nouns.data, presupposed_nouns.work)
    adapter = train(examples, presupposed_nouns.work, presupposed_nouns.epochs)

    from safetensors.torch import save_file

    out = presupposed_nouns.out or presupposed_nouns.work / "writer.safetensors"
    save_file(adapter, out, metadata={"made_by": json.dumps({"seed": SEED, "rank": RANK})})
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
