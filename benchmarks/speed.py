"""What a brief costs: cold, by stage, beside what one would use instead; by size; and how long starts take.

    python -m benchmarks.speed --json speed.json --articles multi_news.jsonl

`cold_brief`, of the sample request: the whole pipeline with an empty memo and the models in memory, its
first sentence, the extractive mode, and how often and how long each model was asked. Beside it in the same
run: the same writer asked in one prompt (`plain_llm`), a model of BART-large's size with random weights
(1,024 tokens in, 120 out, four beams), and sumy's LexRank. `limits` are the machine's own: copying
memory, and the writer's server reading and writing with nothing else to do.

`ranking`, with `--articles` (JSON lines with `articles[].text`, a cluster a line): seconds and memory by stage
for 1 to 200 articles taken as they come, and for one text of 1,000 to 30,000 sentences; the exponent is that of a line through
the logarithms of the time without the encoder over the sentences. `increment_ratio` is one article added to twenty, over all anew.
Memory is the growth of the process's highest resident size.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from benchmarks.quality import ORDERS, Story, plain, plain_writer
from benchmarks.service import free_port, process
from service.models.base import Message, Models
from service.models.loading import ModelConfig, opened
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.run import run
from service.pipeline.types import Article, Options, Request, SentenceReady
from service.schemas.wire import BriefRequest
from service.store.computation_cache import MemoryComputationCache
from service.store.embedded import embedded_server

SAMPLE = Path(__file__).parent.parent / "seeds" / "request.json"
ARTICLES, SENTENCES = (1, 5, 20, 50, 200), (1_000, 3_000, 10_000, 30_000)
BART_IN, BART_OUT, BEAMS = 1024, 120, 4
ENCODER_STAGES = frozenset({"embed"})


class Asked:
    """A model that counts how often it is asked, and for how long."""

    def __init__(self, name: str, model: Any, counts: dict[str, list[float]]) -> None:
        self._name, self._model, self._counts = name, model, counts

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        if name not in {"write", "judge", "write_and_judge", "choose", "reads", "entails"}:
            return found

        def ask(given: Sequence[Any], *rest: Any, **named: Any) -> Any:
            begun = time.perf_counter()
            answer = found(given, *rest, **named)
            seconds = (time.perf_counter() - begun) / max(1, len(given))
            self._counts[f"{self._name}.{name}"] += [seconds] * len(given)
            return answer

        return ask


def counted(models: Models, counts: dict[str, list[float]]) -> Models:
    named = ("writer", "support", "checker", "reader")
    held = {name: getattr(models, name) for name in named}
    return msgspec.structs.replace(
        models, **{name: Asked(name, each, counts) for name, each in held.items() if each}
    )


def sample() -> tuple[Article, ...]:
    asked = msgspec.json.decode(SAMPLE.read_bytes(), type=BriefRequest)
    return tuple(
        Article(
            id=each.id or f"a{n}",
            text=each.text or "",
            title=each.title,
            publisher=each.publisher,
            published_at=each.published_at,
        )
        for n, each in enumerate(asked.articles)
    )


def brief(articles: Sequence[Article], models: Models, mode: Any = "extractive", memo: Any = None):
    """The brief, the seconds it took, and those until its first sentence."""
    first: list[float] = []
    begun = time.perf_counter()

    def emit(event: object) -> None:
        if isinstance(event, SentenceReady) and not first:
            first.append(time.perf_counter() - begun)

    request = Request(articles=tuple(articles), options=Options(mode=mode))
    made = run(request, models, memo or MemoryComputationCache(), emit)
    return made, time.perf_counter() - begun, first[0] if first else None


def cold_brief(models: Models) -> dict[str, Any]:
    articles = sample()
    brief(articles, models)  # what is compiled and read once
    counts: dict[str, list[float]] = defaultdict(list)
    made, took, first = brief(articles, counted(models, counts), "abstractive")
    _, extractive, _ = brief(articles, models)
    story = Story(
        "sample", articles, split_sentences(ingest(articles, frozenset({"en"}))), [], 200, {}
    )
    with plain_writer(True) as writer:
        plain_s = plain(story, writer).seconds if writer is not None else float("nan")
    lexrank_s = timed(lambda: ORDERS["lexrank"](story, models))
    bart_s = timed(bart_large())
    return {
        "newsbrief_s": round(took, 2),
        "first_sentence_s": first and round(first, 2),
        "extractive_s": round(extractive, 2),
        "plain_llm_s": round(plain_s, 2),
        "bart_large_s": round(bart_s, 2),
        "lexrank_s": round(lexrank_s, 2),
        "ratio_plain": round(took / plain_s, 3),
        "ratio_bart": round(took / bart_s, 3),
        "extractive_to_bart": round(extractive / bart_s, 3),
        "sentences": len(made.sentences),
        "stages": {name: ms / 1000 for name, ms in made.generation.timings_ms.items()},
        "asked": {
            name: {"times": len(each), "seconds": round(sum(each), 2)}
            for name, each in sorted(counts.items())
        },
    }


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def bart_large() -> Callable[[], object]:
    """One summary by a model of that size."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration

    from service.models.loading import torch_dtype

    config = BartConfig(
        d_model=1024, encoder_layers=12, decoder_layers=12, encoder_ffn_dim=4096, decoder_ffn_dim=4096,
        encoder_attention_heads=16, decoder_attention_heads=16, vocab_size=50264,
    )  # fmt: skip
    model: Any = BartForConditionalGeneration(config).to(torch_dtype("auto")).eval()
    tokens = torch.randint(10, 50_000, (1, BART_IN))

    def summarise() -> object:
        with torch.inference_mode():
            return model.generate(
                tokens, num_beams=BEAMS, min_new_tokens=BART_OUT, max_new_tokens=BART_OUT, do_sample=False
            )  # fmt: skip

    return summarise


def limits(models: Models) -> dict[str, float]:
    """What the machine does with nothing else to do."""
    block = np.ones(250_000_000, np.float32)
    copying = min(timed(block.copy) for _ in range(3))
    writer: Any = models.writer
    words = "the council approved the budget for the new bridge on Monday evening ".split()
    text = " ".join(words[k % len(words)] for k in range(800))
    read = timed(lambda: writer.write([(Message("user", text),)], max_new_tokens=1))
    ask = (Message("user", "Write a long story about a lighthouse keeper."),)
    before = writer.written
    wrote = timed(lambda: writer.write([ask], max_new_tokens=120))
    return {
        "memory_gb_per_s": round(2 * block.nbytes / copying / 1e9, 1),
        "writer_reads_words_per_s": round(800 / read, 1),
        "writer_writes_tokens_per_s": round((writer.written - before) / wrote, 1),
    }


def peak_mb() -> float:
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / 1024 if sys.platform == "linux" else held / 1024**2


def ranking(path: Path, models: Models) -> dict[str, Any]:
    texts = list(
        chain.from_iterable(
            [each["text"] for each in json.loads(line)["articles"] if len(each["text"]) > 500]
            for line in path.read_text("utf-8").splitlines()
        )
    )
    rows: list[dict[str, Any]] = []
    before = peak_mb()
    for n in ARTICLES:
        rows.append(sized(f"{n} articles", texts[:n], models))
    for n in SENTENCES:
        rows.append(sized(f"{n} sentences", enough(texts, n, models), models))
    points = [
        (each["sentences"], sum(s for name, s in each["stages"].items() if name not in ENCODER_STAGES))
        for each in rows
        if each["sentences"] >= SENTENCES[0]
    ]  # fmt: skip
    sizes, seconds = np.log(np.array(points)).T
    base = [Article(id=f"a{k}", text=text) for k, text in enumerate(texts[:21])]
    memo = MemoryComputationCache()
    brief(base[:20], models, memo=memo)
    _, more, _ = brief(base, models, memo=memo)
    _, anew, _ = brief(base, models)
    return {
        "exponent": round(float(np.polyfit(sizes, seconds, 1)[0]), 2),
        "peak_mb": round(peak_mb()),
        "grown_mb": round(peak_mb() - before),
        "increment_ratio": round(more / anew, 3),
        "rows": rows,
    }


def of_its_own(path: Path) -> dict[str, Any]:
    """`ranking` in another process, whose memory is of nothing else."""
    command = [sys.executable, "-m", "benchmarks.speed", "--ranking", "--articles", str(path)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def enough(texts: Sequence[str], sentences: int, models: Models) -> list[str]:
    """At most 200 articles that have so many sentences together, of the texts' paragraphs in turn."""
    paragraphs = [each for text in texts for each in text.split("\n\n") if len(each) > 80]
    share, found = -(-sentences // 200), []
    pool = iter(paragraphs * 50)
    while sentences > 0:
        article: list[str] = []
        held = 0
        for each in islice(pool, 10_000):
            article.append(each)
            held += len(re.findall(r"[.!?]\s", each + " "))
            if held >= share:
                break
        found.append("\n\n".join(article))
        sentences -= held
    return found[:200]


def sized(name: str, texts: Sequence[str], models: Models) -> dict[str, Any]:
    articles = [Article(id=f"a{k}", text=text) for k, text in enumerate(texts)]
    sentences = len(split_sentences(ingest(articles, frozenset({"en"}))))
    made, took, _ = brief(articles, models)
    return {
        "name": name,
        "articles": len(articles),
        "sentences": sentences,
        "seconds": round(took, 2),
        "peak_mb": round(peak_mb()),
        "stages": {stage: ms / 1000 for stage, ms in made.generation.timings_ms.items()},
    }


def startup(folder: Path) -> dict[str, float]:
    """Seconds from the command to an answer, each process alone."""
    with embedded_server(folder / "valkey") as url:
        port = free_port()
        environ = {
            "NEWSBRIEF_REDIS_URL": url,
            "NEWSBRIEF_PORT": str(port),
            "NEWSBRIEF_DATA_DIR": str(folder / "data"),
        }
        base = f"http://127.0.0.1:{port}"
        begun = time.perf_counter()
        with process(["-m", "service", "api"], f"{base}/health/live", **environ):
            api_s, begun = time.perf_counter() - begun, time.perf_counter()
            environ["NEWSBRIEF_WRITER"] = "none"
            with process(["-m", "service", "worker"], f"{base}/health/ready", **environ):
                worker_s = time.perf_counter() - begun
    begun = time.perf_counter()
    with plain_writer(True):
        writer_s = time.perf_counter() - begun
    return {
        "api_s": round(api_s, 2),
        "worker_s": round(worker_s, 2),
        "writer_s": round(writer_s, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--articles", type=Path, help="clusters by which ranking is measured")
    parser.add_argument("--ranking", action="store_true", help="measure that alone")
    given = parser.parse_args()
    if given.ranking:
        with opened(ModelConfig(writer=None)) as models:
            print(json.dumps(ranking(given.articles, models)))
        return
    found: dict[str, Any] = {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            **{name: version(name) for name in ("newsbrief", "torch", "transformers", "xllamacpp")},
            "load_average": round(os.getloadavg()[0], 2),
        }
    }
    with tempfile.TemporaryDirectory() as folder:
        found["startup"] = startup(Path(folder))
    print(json.dumps(found, indent=1), flush=True)
    with opened(ModelConfig()) as models:
        models.writer.probe()  # pyright: ignore[reportAttributeAccessIssue, reportOptionalMemberAccess]
        found["limits"] = limits(models)
        found["cold_brief"] = cold_brief(models)
        print(json.dumps({k: found[k] for k in ("limits", "cold_brief")}, indent=1), flush=True)
    if given.articles:
        found["ranking"] = of_its_own(given.articles)
        found["increment_ratio"] = found["ranking"].pop("increment_ratio")
        print(json.dumps(found["ranking"], indent=1))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
