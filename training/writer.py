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
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from service.models.base import Models
from service.models.loading import ModelConfig, load
from service.models.registry import locate
from service.pipeline.floor import trims
from service.pipeline.prompts import templates
from service.pipeline.syntax import Clause, balanced
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

MIN_SUPPORT = 0.5
"""Least probability, by the entailment model, that the sources say what the target says."""

MIN_WORDS, MAX_WORDS = 8, 34


class Example(msgspec.Struct):
    """`prompt` is the name of the prompt that asks for `target`."""

    prompt: str
    sources: list[str]
    target: str


def make_examples(data: Path, work: Path) -> list[Example]:
    path = work / "examples.jsonl"
    if not path.is_file():
        models = load(ModelConfig(), writer=False)
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
            target = recased(row["target"].strip(), row["sources"])
            if printable(target):
                prompt = "fuse" if len(row["sources"]) == 2 else "compress"
                yield Example(prompt, row["sources"], target)


def made(data: Path, models: Models, random: Random) -> Iterator[Example]:
    """From news sentences: a clause drop asked of the whole, and the whole asked of two drops.

    Two drops of one sentence are what two outlets make of one wire report: they overlap, and
    each says what the other leaves out.
    """
    texts = [
        source.strip()
        for row in rows(data / "b_sentfuse_cnndm.jsonl")
        for source in row["sources"]
        if 14 <= len(source.split()) <= 40 and printable(source.strip(), MAX_WORDS + 6)
    ]
    texts = list(dict.fromkeys(texts))
    random.shuffle(texts)
    texts = texts[:7000]
    for text, parse in zip(texts, models.parser.parse(texts), strict=True):
        short = [trim.text for trim in trims(Clause(text, parse))[1:]]
        if not short:
            continue
        if random.random() < 0.5:
            yield Example("compress", [text], short[0])
        if len(text.split()) <= MAX_WORDS and random.random() < 0.6:
            rest = _rest(text, short[0])
            if rest is not None:
                pair = [short[0], rest]
                random.shuffle(pair)
                yield Example("fuse", pair, text)


def _rest(text: str, short: str) -> str | None:
    """The sentence without what its middle holds: its subject's clause and its last part."""
    kept = len(short.rstrip(".")) if text.startswith(short.rstrip(".")) else 0
    head = text[:kept].split(", ")
    if len(head) != 3 or len(head[0].split()) > 8:
        return None
    return f"{head[0]} {head[2]}{text[kept:]}"


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


def recased(target: str, sources: list[str]) -> str:
    """Names in the case that the sources give them: some targets were lower-cased once."""
    seen = [word.strip(",.;:'\"()") for source in sources for word in source.split()[1:]]
    names = {word.lower(): word for word in seen if word[:1].isupper()}
    plain = {word for word in seen if word.islower()}
    out: list[str] = []
    for word in target.split(" "):
        core = word.strip(",.;:'\"()")
        known = names.get(core) if core.islower() and core not in plain else None
        out.append(word.replace(core, known) if known else word)
    return " ".join(out)


def supported(examples: list[Example], models: Models) -> list[Example]:
    """Those whose sources say what the target says, by the entailment model."""
    if models.checker is None:
        return examples
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
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    examples = make_examples(given.data, given.work)
    adapter = train(examples, given.work, given.epochs)

    from safetensors.torch import save_file

    out = given.out or given.work / "writer.safetensors"
    save_file(adapter, out, metadata={"made_by": json.dumps({"seed": SEED, "rank": RANK})})
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
