"""Briefs against references, beside the best simple baselines, in one run.

    python -m benchmarks.quality multi_news.jsonl --limit 40 --json quality.json --plot quality.png

Data: JSON lines `{id, articles: [{id, text}], references: [text]}`, with `target_words` or the
references' mean length as the budget, and where there are any `alignments` with the source
spans that people marked. Systems: `newsbrief`, `newsbrief_extractive`, and of other people's
making `lead` (first sentences of all articles in turn), `random`, `lexrank` and `textrank`
(sumy), `centroid` (MiniLM centroid with a position prior, maximal marginal relevance). `plain_llm`,
only when it is named, is the default writer asked in one prompt for a cited brief of all articles.
Shares lie between 0 and 1, ROUGE is F in points.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from itertools import accumulate, combinations, pairwise, permutations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec
import numpy as np
from rouge_score import rouge_scorer

from service.models.base import Message, Models, Writer
from service.models.llama_server import llama_server, private_writer, weights
from service.models.loading import DEFAULT_WRITER, ModelConfig, opened
from service.models.registry import locate
from service.pipeline.check_draft import check_draft
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.run import run
from service.pipeline.types import Article, DraftRequest, Options, Request, Sentence
from service.store.computation_cache import MemoryComputationCache

SYSTEMS = ("newsbrief", "newsbrief_extractive", "lead", "random", "lexrank", "textrank", "centroid")
BASELINES = SYSTEMS[2:]
PLAIN = "plain_llm"
PLAIN_CONTEXT, PLAIN_TOKENS = 16384, 800
PLAIN_ASK = (
    "You are a news editor. Consolidate the articles into one brief of about {words} words, in which"
    " every fact is told once. After each sentence cite all articles that report it, like [1][3]."
)
PRONOUN = re.compile(r"(He|She|It|They|This|These|Those|That|His|Her|Its|Their)\b")
RESIDUE = re.compile(
    r"(?i)read more|click (?:here|for)|sign up|advertisement|https?://|getty images|\(photo"
    r"|follow us|all rights reserved|(?<!\w)@\w+|\w@\w+\.\w"
)
NAMED = re.compile(r"[A-Z][\w\u2019'-]+")

Span = tuple[str, int, int]


class Line(msgspec.Struct):
    """One printed sentence: what it says and the spans it cites, by role."""

    text: str
    supports: list[Span]
    corroborates: list[Span]
    valid: bool = True
    written: bool = False


class Made(msgspec.Struct):
    lines: list[Line]
    withheld: int
    seconds: float


class Story(msgspec.Struct):
    """A cluster as the baselines see it: the same articles and sentences as Newsbrief does."""

    id: str
    articles: tuple[Article, ...]
    sentences: list[Sentence]
    references: list[str]
    words: int
    gold: dict[str, list[tuple[int, int]]]


def read(path: Path, limit: int | None) -> list[Story]:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    if limit and limit < len(rows):
        rows = Random(0).sample(rows, limit)
    found: list[Story] = []
    for row in rows:
        articles = tuple(Article(id=each["id"], text=each["text"]) for each in row["articles"])
        lengths = [len(text.split()) for text in row["references"]]
        words = int(row.get("target_words") or np.mean(lengths))
        sources = ingest(articles, frozenset({"en"}))
        found.append(
            Story(
                row["id"],
                articles,
                split_sentences(sources),
                row["references"],
                words,
                _gold(row, articles),
            )
        )
    return found


def _gold(row: dict, articles: Sequence[Article]) -> dict[str, list[tuple[int, int]]]:
    """Article id → the spans that people marked, found in its text."""
    texts = {article.id: article.text for article in articles}
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for each in row.get("alignments", ()):
        text = texts.get(each["article_id"], "")
        base = max(0, text.find(each["doc_sentence"]))
        for piece in each["span"].split("<HIGHLIGHT_SEP>"):
            begin = text.find(piece, base)
            if begin >= 0 and piece.strip():
                found[each["article_id"]].append((begin, begin + len(piece)))
    return found


def newsbrief(story: Story, models: Models, mode: str) -> Made:
    options = Options(words=story.words, sentences=None, mode=mode)  # type: ignore[arg-type]
    began = time.perf_counter()
    brief = run(
        Request(articles=story.articles, options=options),
        models,
        MemoryComputationCache(),
        lambda _: None,
    )
    took = time.perf_counter() - began
    texts = {article.id: article.text for article in story.articles}
    lines: list[Line] = []
    for sentence in brief.sentences:
        spans: dict[str, list[Span]] = defaultdict(list)
        for each in sentence.citations:
            spans[each.role].append((each.article_id, each.start, each.end))
        valid = bool(spans["supports"]) and all(
            texts[each.article_id][each.start : each.end] == each.quote
            for each in sentence.citations
        )
        written = sentence.mode == "abstractive"
        lines.append(Line(sentence.text, spans["supports"], spans["corroborates"], valid, written))
    return Made(lines, len(brief.withheld), took)


def extract(story: Story, order: Sequence[int]) -> list[Line]:
    """Sentences in the given order up to the budget; a last one too long is left out."""
    lines: list[Line] = []
    left = story.words
    for k in order:
        sentence = story.sentences[k]
        words = len(sentence.text.split())
        if words > left + 8:
            continue
        span = (story.articles[sentence.article].id, sentence.start, sentence.end)
        lines.append(Line(sentence.text, [span], []))
        left -= words
        if left <= 0:
            break
    return lines


def lead(story: Story, models: Models) -> list[int]:
    return sorted(
        range(len(story.sentences)),
        key=lambda k: (story.sentences[k].position, story.sentences[k].article),
    )


def shuffled(story: Story, models: Models) -> list[int]:
    order = list(range(len(story.sentences)))
    Random(story.id).shuffle(order)
    return order


def graph(kind: str) -> Callable[[Story, Models], list[int]]:
    """sumy's LexRank or TextRank over the sentences of all articles."""

    def order(story: Story, models: Models) -> list[int]:
        from sumy.models.dom import ObjectDocumentModel, Paragraph
        from sumy.models.dom import Sentence as Node
        from sumy.nlp.stemmers import Stemmer
        from sumy.summarizers.lex_rank import LexRankSummarizer
        from sumy.summarizers.text_rank import TextRankSummarizer

        class Words:
            """sumy's own tokenizer downloads its data; words are all that it is asked for."""

            def to_words(self, text: str) -> list[str]:
                return re.findall(r"\w+", text)

        nodes = [Node(each.text, Words()) for each in story.sentences]
        document = ObjectDocumentModel([Paragraph(nodes)])
        summarizer = {"lexrank": LexRankSummarizer, "textrank": TextRankSummarizer}[kind](
            Stemmer("english")
        )
        found: list[int] = []

        def all_of_them(infos: Sequence[object]) -> Sequence[object]:
            """What sumy asks how many to keep is given all, best first."""
            found.extend(info.order for info in infos)  # type: ignore[attr-defined]
            return infos

        summarizer(document, all_of_them)
        return found

    return order


def centroid(story: Story, models: Models) -> list[int]:
    vectors = np.asarray(models.encoder.encode([each.text for each in story.sentences]))
    middle = vectors.mean(axis=0)
    score = vectors @ (middle / np.linalg.norm(middle))
    score += 0.15 / (1 + np.array([each.position for each in story.sentences]))
    chosen: list[int] = []
    left = set(range(len(story.sentences)))
    nearest = np.zeros(len(story.sentences))
    while left and len(chosen) < 40:
        best = max(left, key=lambda k: 0.7 * score[k] - 0.3 * nearest[k])
        chosen.append(best)
        left.remove(best)
        nearest = np.maximum(nearest, vectors @ vectors[best])
    return chosen


ORDERS: dict[str, Callable[[Story, Models], list[int]]] = {
    "lead": lead, "random": shuffled, "lexrank": graph("lexrank"), "textrank": graph("textrank"),
    "centroid": centroid,
}  # fmt: skip


@contextmanager
def plain_writer(wanted: bool) -> Generator[Writer | None]:
    """The default writer as its makers publish it, with room for whole articles."""
    if not wanted:
        yield None
        return
    located = locate(DEFAULT_WRITER, "writer")
    model = weights(located)
    with TemporaryDirectory() as folder:
        home = Path(folder)
        if model is None:
            raise SystemExit(f"{DEFAULT_WRITER} is no GGUF file")
        with llama_server(model, home, context=PLAIN_CONTEXT):
            writer = private_writer(located, home, deadline_s=1800)
            writer.probe()
            yield writer


def plain(story: Story, writer: Writer) -> Made:
    """What a user would do without us: one prompt, citations of whole articles."""
    told = "\n\n".join(f"[{n}] {each.text}" for n, each in enumerate(story.articles, 1))
    prompt = (Message("system", PLAIN_ASK.format(words=story.words)), Message("user", told))
    began = time.perf_counter()
    (text,) = writer.write([prompt], max_new_tokens=PLAIN_TOKENS)
    took = time.perf_counter() - began
    lines: list[Line] = []
    for sentence in re.findall(r"\S.*?[.!?][\"\u201d]?(?:\s*\[[\d, ]+\])*(?=\s|$)", text or ""):
        cited = {
            int(n)
            for group in re.findall(r"\[([\d, ]+)\]", sentence)
            for n in re.findall(r"\d+", group)
        }
        spans = [
            (each.id, 0, len(each.text)) for n, each in enumerate(story.articles, 1) if n in cited
        ]
        own = re.sub(r"\s*\[[\d, ]+\]", "", sentence).strip()
        lines.append(Line(own, spans, [], bool(spans), written=True))
    return Made(lines, 0, took)


def written_out(system: str, story: Story, made: Made) -> dict[str, object]:
    """A brief for its readers: each sentence with its citations, `[article id, role, quote]`."""
    texts = {article.id: article.text for article in story.articles}
    return {
        "id": story.id,
        "system": system,
        "seconds": made.seconds,
        "sentences": [
            {
                "text": line.text,
                "written": line.written,
                "citations": [
                    [a, role, texts[a][s:e] if (s, e) != (0, len(texts[a])) else ""]
                    for role, spans in (
                        ("supports", line.supports),
                        ("corroborates", line.corroborates),
                    )
                    for a, s, e in spans
                ],
            }
            for line in made.lines
        ],
    }


def supported(lines: Sequence[Line], story: Story, models: Models) -> float:
    """Share of the sentences that the articles hold as they are, or that our check of drafts
    finds supported."""
    own = {sentence.text for sentence in story.sentences}
    asked = [line.text for line in lines if line.text not in own]
    if not asked:
        return 1.0
    draft = DraftRequest(articles=story.articles, text="\n\n".join(asked))
    report = check_draft(draft, models, MemoryComputationCache(), lambda _: None)
    ends = list(accumulate(len(text) + 2 for text in asked))
    refused = {bisect(ends, s.start) for s in report.sentences if s.status != "supported"}
    return 1 - len(refused) / len(lines)


def make(system: str, story: Story, models: Models, writer: Writer | None) -> Made:
    if system == PLAIN and writer is not None:
        return plain(story, writer)
    if system.startswith("newsbrief"):
        return newsbrief(story, models, "abstractive" if system == "newsbrief" else "extractive")
    began = time.perf_counter()
    lines = extract(story, ORDERS[system](story, models))
    return Made(lines, 0, time.perf_counter() - began)


def measure(story: Story, made: Made, models: Models) -> dict[str, float]:
    """One brief → its figures; those that don't apply are left out."""
    scorer = rouge_scorer.RougeScorer(["rouge1", "rouge2", "rougeLsum"], use_stemmer=True)
    text = "\n".join(line.text for line in made.lines)
    rouge = [scorer.score(_split(reference), text) for reference in story.references]
    found = {
        name: 100 * float(np.mean([each[name].fmeasure for each in rouge]))
        for name in ("rouge1", "rouge2", "rougeLsum")
    }
    lines = made.lines
    if not lines:
        return {**found, "seconds_per_brief": made.seconds}
    cited = [(a, s, e) for line in lines for a, s, e in line.supports]
    sources = [each.text for each in story.sentences]
    return {
        **found,
        "citation_validity": float(np.mean([line.valid for line in lines])),
        "citations_per_sentence": len(cited) / len(lines),
        "several_articles_share": _share(
            len({a for a, _, _ in (*line.supports, *line.corroborates)}) > 1 for line in lines
        ),
        "corroborated_share": _share(bool(line.corroborates) for line in lines),
        "written_share": _share(line.written for line in lines),
        "supported_share": supported(lines, story, models),
        "repeated_facts": repeated_facts([line.text for line in lines], models),
        "abstractive_share": _share(abstractive(line, story) for line in lines),
        "novel_bigrams": _novel(text, sources),
        "words": len(text.split()),
        "redundancy": redundancy([line.text for line in lines], models),
        "repeated_trigrams": _repeated(text),
        "withheld_share": made.withheld / (made.withheld + len(lines)),
        "readability_flags": float(len(flags([line.text for line in lines]))),
        "seconds_per_brief": made.seconds,
        **_against_gold(cited, story.gold),
    }


def _split(reference: str) -> str:
    return "\n".join(re.split(r"(?<=[.!?])\s+", reference))


def _share(values: object) -> float:
    held = list(values)  # type: ignore[call-overload]
    return float(np.mean(held)) if held else 0.0


def abstractive(line: Line, story: Story) -> bool:
    """Not a word subsequence of one source sentence, and fusing several or a fifth shorter."""
    words = _words(line.text)
    if any(_subsequence(words, _words(each.text)) for each in story.sentences):
        return False
    texts = {article.id: article.text for article in story.articles}
    cited = [len(_words(texts[a][s:e])) for a, s, e in line.supports]
    return len(cited) > 1 or len(words) <= 0.8 * max(cited, default=0)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _subsequence(words: Sequence[str], source: Sequence[str]) -> bool:
    rest = iter(source)
    return all(word in rest for word in words)


def _novel(text: str, sources: Sequence[str]) -> float:
    """Share of the brief's word pairs that no source sentence has."""
    there = {pair for source in sources for pair in _pairs(source)}
    own = [pair for line in text.split("\n") for pair in _pairs(line)]
    return _share(pair not in there for pair in own)


def _pairs(text: str) -> list[tuple[str, str]]:
    words = _words(text)
    return list(pairwise(words))


def redundancy(texts: Sequence[str], models: Models) -> float:
    """Largest cosine between two sentences of the brief."""
    vectors = np.asarray(models.encoder.encode(list(texts)))
    return max((float(a @ b) for a, b in combinations(vectors, 2)), default=0.0)


def repeated_facts(texts: Sequence[str], models: Models) -> float:
    """Pairs of sentences of the brief of which one, as the reader reads it, tells all of the other."""
    pairs = [(a, b) for a, b in permutations(range(len(texts)), 2)]
    read = models.reader.reads([(texts[a], texts[b]) for a, b in pairs])
    told = {frozenset(pair) for pair, row in zip(pairs, read, strict=True) if row.argmax() == 0}
    return float(len(told))


def _repeated(text: str) -> float:
    words = _words(text)
    grams = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(grams)) / max(1, len(grams))


def flags(texts: Sequence[str]) -> list[str]:
    """What a reader stumbles over: `kind: sentence`."""
    found: list[str] = []
    for k, text in enumerate(texts):
        if PRONOUN.match(text) and (k == 0 or not NAMED.search(texts[k - 1])):
            found.append(f"dangling: {text}")
        if not re.search(r"[.!?][\"\u201d')]*$", text) or (
            not text[:1].isupper() and text[:1] not in "\u201c\"'$(" and not text[:1].isdigit()
        ):
            found.append(f"fragment: {text}")
        if text.count('"') % 2 or text.count("\u201c") != text.count("\u201d"):
            found.append(f"unbalanced: {text}")
        if RESIDUE.search(text):
            found.append(f"residue: {text}")
    return found


def _against_gold(
    cited: Sequence[Span], gold: dict[str, list[tuple[int, int]]]
) -> dict[str, float]:
    if not gold:
        return {}
    spans = [(a, s, e) for a, own in gold.items() for s, e in own]
    touched = _share(any(a == b and s < f and t < e for b, t, f in cited) for a, s, e in spans)
    marked = {(a, k) for a, s, e in spans for k in range(s, e)}
    own = {(a, k) for a, s, e in cited for k in range(s, e)}
    return {
        "gold_span_recall": touched,
        "gold_span_precision": len(own & marked) / max(1, len(own)),
    }


def bootstrap(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Mean paired difference with its 95% interval, 2,000 resamples (Efron 1979)."""
    difference = np.array(ours) - np.array(theirs)
    draws = np.random.default_rng(0).integers(0, len(difference), (2000, len(difference)))
    low, high = np.percentile(difference[draws].mean(axis=1), [2.5, 97.5])
    return float(difference.mean()), float(low), float(high)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, help="clusters a set, drawn with a fixed seed")
    parser.add_argument("--systems", nargs="+", default=list(SYSTEMS), help=" ".join(SYSTEMS))
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--plot", type=Path, help="draw the main figures there")
    parser.add_argument("--briefs", type=Path, help="write every brief there, to be read")
    given = parser.parse_args()
    systems = [each for names in given.systems for each in names.split(",") if each]
    if unknown := set(systems) - {*SYSTEMS, PLAIN}:
        parser.error(f"unknown systems: {', '.join(sorted(unknown))}")
    config = ModelConfig() if "newsbrief" in systems else ModelConfig(writer=None)
    with plain_writer(PLAIN in systems) as writer, opened(config) as models:
        sets = measured(given, systems, models, writer)
    if given.json:
        given.json.write_text(json.dumps({"sets": sets}, indent=1) + "\n")
    if given.plot:
        plot(sets, given.plot)


def measured(
    given: argparse.Namespace, systems: Sequence[str], models: Models, writer: Writer | None
) -> dict[str, dict[str, dict[str, float]]]:
    """Set → system → its mean figures."""
    sets: dict[str, dict[str, dict[str, float]]] = {}
    for path in given.data:
        stories = read(path, given.limit)
        each: dict[str, list[dict[str, float]]] = {system: [] for system in systems}
        for story in stories:
            for system in systems:
                made = make(system, story, models, writer)
                each[system].append(measure(story, made, models))
                if given.briefs:
                    with given.briefs.open("a", encoding="utf-8") as file:
                        print(json.dumps(written_out(system, story, made)), file=file)
        sets[path.stem] = {
            system: {
                **{
                    key: float(np.mean([one[key] for one in rows if key in one]))
                    for key in dict.fromkeys(key for one in rows for key in one)
                },
                "n": len(rows),
            }
            for system, rows in each.items()
        }
        show(path.stem, sets[path.stem])
        compare(each)
    return sets


def show(name: str, systems: dict[str, dict[str, float]]) -> None:
    keys = list(dict.fromkeys(key for own in systems.values() for key in own))
    print(f"\n{name}\n{'':24}" + "".join(f"{system[:12]:>13}" for system in systems))
    for key in keys:
        cells = (own.get(key) for own in systems.values())
        print(
            f"{key:24}" + "".join("            -" if c is None else f"{c:13.3f}" for c in cells),
            flush=True,
        )


def compare(each: dict[str, list[dict[str, float]]]) -> None:
    for ours in ("newsbrief", "newsbrief_extractive"):
        for theirs in BASELINES:
            if ours in each and theirs in each:
                for key in ("rouge1", "rouge2"):
                    mean, low, high = bootstrap(
                        [one[key] for one in each[ours]], [one[key] for one in each[theirs]]
                    )
                    print(f"{ours} - {theirs:9} {key}: {mean:+.2f} [{low:+.2f}, {high:+.2f}]")


def plot(sets: dict[str, dict[str, dict[str, float]]], path: Path) -> None:
    """One page: a panel for each figure, a group of bars for each set."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    keys = (
        "rouge1",
        "rouge2",
        "several_articles_share",
        "abstractive_share",
        "redundancy",
        "seconds_per_brief",
    )
    figure, panels = pyplot.subplots(2, 3, figsize=(13, 7))
    for key, panel in zip(keys, panels.flat, strict=True):
        for k, (name, systems) in enumerate(sets.items()):
            values = [own.get(key, 0.0) for own in systems.values()]
            places = np.arange(len(values)) + 0.8 * k / len(sets)
            panel.bar(places, values, 0.8 / len(sets), label=name)
            panel.set_xticks(
                np.arange(len(values)), list(systems), rotation=40, ha="right", fontsize=7
            )
        panel.set_title(key.replace("_", " "), fontsize=9)
    panels.flat[0].legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
