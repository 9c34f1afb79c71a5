"""What is left of a page: trafilatura's text, and our masking of it, against the article.

    python -m benchmarks.masking boilerplate.jsonl --html html/ --json masking.json

Data: JSON lines `{url, html_gz, text}`, `text` being the article as people cut it out of the page.
Word F1 is over bags of words, as in the article extraction benchmark of Zyte. The same is done
for the page as plain text, furniture and all, since that is what people paste.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np

from service.errors import InvalidRequest
from service.models.base import Encoder
from service.models.loading import ModelConfig, opened
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.page_sentences import page_sentences, with_masked
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.types import Article
from service.sources.extract import extract
from service.store.computation_cache import MemoryComputationCache


def overlap(text: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of a text's words."""
    own, wanted = (Counter(re.findall(r"\w+", each.lower())) for each in (text, gold))
    shared = sum((own & wanted).values())
    precision = shared / max(1, sum(own.values()))
    recall = shared / max(1, sum(wanted.values()))
    return precision, recall, 2 * shared / max(1, sum(own.values()) + sum(wanted.values()))


OF_THE_ARTICLE = frozenset({"speech", "item", "correction"})
"""Reasons for which something is not read as the article's report, though it is a part of the article."""


def unmasked(text: str, encoder: Encoder, memo: MemoryComputationCache) -> tuple[str, str]:
    """What is read of a text; and that with the parts of the article that are not."""
    sources = ingest((Article(id="page", text=text, language="en"),), frozenset({"en"}))
    sentences = split_sentences(sources)
    vectors = embed([each.text for each in sentences], encoder, memo)
    (source,) = with_masked(
        sources,
        sentences,
        page_sentences(sentences, vectors, encoder, memo) if len(sentences) else (),
    )
    page = [(each.start, each.end) for each in source.masked if each.reason == "page"]
    read: list[str] = []
    for start, end in source.blocks:
        for begin, stop in [each for each in page if start <= each[0] < end]:
            read.append(source.text[start:begin])
            start = stop
        read.append(source.text[start:end])
    kept = [each for each in source.masked if each.reason in OF_THE_ARTICLE]
    return "\n".join(read), "\n".join(
        [*read, *(source.text[each.start : each.end] for each in kept)]
    )


def plain(html: str) -> str:
    """The page's visible text, one block a line: what "select all" copies."""
    from lxml.html import document_fromstring

    tree = document_fromstring(html)
    for each in tree.xpath("//script|//style|//noscript|//template|//head"):
        each.drop_tree()
    for each in tree.xpath("//p|//div|//li|//h1|//h2|//h3|//h4|//br|//tr|//section|//blockquote"):
        each.tail = "\n" + (each.tail or "")
    lines = (re.sub(r"\s+", " ", line).strip() for line in tree.text_content().split("\n"))
    return "\n".join(line for line in lines if line)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--html", type=Path, help="folder of the pages (default: beside the data)")
    parser.add_argument(
        "--half", type=int, choices=(0, 1), help="only every second page, from this one"
    )
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    folder = given.html or given.data.parent
    found: dict[str, list[tuple[float, float, float]]] = {
        name: []
        for name in (
            "extracted",
            "extracted, read",
            "extracted, the article's",
            "pasted",
            "pasted, read",
            "pasted, the article's",
        )
    }
    empty = 0
    rows = [json.loads(line) for line in given.data.read_text("utf-8").splitlines()]
    rows = rows[given.half :: 2] if given.half is not None else rows
    memo = MemoryComputationCache()
    with opened(ModelConfig(writer=None)) as models:
        encoder = models.encoder
    for row in rows:
        html = gzip.decompress((folder / row["html_gz"]).read_bytes()).decode("utf-8", "replace")
        try:
            text = extract(html, row["url"]).text
        except InvalidRequest:
            empty += 1
            text = ""
        pasted = plain(html)
        texts = (text, *unmasked(text, encoder, memo), pasted, *unmasked(pasted, encoder, memo))
        for name, own in zip(found, texts, strict=True):
            found[name].append(overlap(own, row["text"]))
    print(f"{len(rows)} pages, {empty} without any text found\n{'':26}precision  recall      F1")
    means = {name: np.mean(values, axis=0) for name, values in found.items()}
    for name, (precision, recall, f1) in means.items():
        print(f"{name:26}{precision:9.3f}{recall:8.3f}{f1:8.3f}")
    if given.json:
        figures = {
            name: dict(zip(("precision", "recall", "f1"), map(float, own), strict=True))
            for name, own in means.items()
        }
        given.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
