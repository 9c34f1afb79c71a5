"""The whole pipeline: one typed value into the next, from a request to a checked brief."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from pathlib import Path

import msgspec

from service.models.base import Models
from service.pipeline.assembly import response
from service.pipeline.assembly.carry_over import keep
from service.pipeline.decontextualization.source_reader import Reader
from service.pipeline.ingest import eligibility
from service.pipeline.ingest.boilerplate import intake
from service.pipeline.ingest.sentences import segment
from service.pipeline.ingest.syndication import dedupe
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.progress import Clock
from service.pipeline.selection.content_plan import plan
from service.pipeline.selection.salience import rank, signals
from service.pipeline.types import (
    Brief,
    BriefSentence,
    ConflictReady,
    Emit,
    Generation,
    HeadlineReady,
    Memo,
    Request,
    SentenceReady,
    WithheldReady,
)
from service.pipeline.verification.verifier import Judge, Story
from service.pipeline.writing.candidates import Chooser
from service.pipeline.writing.generation import Scribe
from service.pipeline.writing.prompts import templates
from service.pipeline.writing.realizer import Teller
from service.pipeline.writing.referring_expressions import Introducer

VERSION = "1"
"""The pipeline's version as people call it; `code_hash` tells the builds of one apart."""


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    """A request → its brief; the same request and models give the same brief.

    Raises `NothingToBrief` where no article can be used, `Cancelled` where `emit` does,
    and `ModelError` where a model fails.
    """
    options, clock = request.options, Clock(emit)
    writer = models.writer if options.mode == "abstractive" else None

    with clock.stage("intake"):
        sources = intake(request.articles, models.parser.languages)
        sentences = segment(sources)
    with clock.stage("embed"):
        vectors = embed([sentence.text for sentence in sentences], models.encoder, memo)
        titles = embed([s.title for s in sources if s.title], models.encoder, memo)
        focus = embed([options.focus], models.encoder, memo)[0] if options.focus else None
    with clock.stage("rank"):
        origins = dedupe(sources, sentences, vectors)
        warnings = eligibility.article_warnings(sources, sentences, origins)
        articles = response.reports(sources, origins, warnings)
        sentences, vectors = eligibility.told(articles, sentences, vectors)
        weighed = signals(sentences, vectors, sources, origins.origin, options, titles, focus)
        salience = rank(weighed)
    with clock.stage("plan"):
        verbatim = options.mode == "extractive"
        reader = Reader(models.parser, sources, sentences, verbatim=verbatim)
        reads = reader.can_open, reader.can_stand, reader.can_follow
        groups = plan(sentences, vectors, weighed.origin, salience, *reads, options)
    with clock.stage("ground"):
        story = Story(sources, sentences, vectors, origins, reader)
        judge = Judge(story, models, memo)
        chooser = Chooser(story, judge, options)
        introducer = None if verbatim else Introducer(story, judge, options.max_citations)
        floors, unsupported, conflicts = chooser.floors(groups)
        kept = partial(keep, request.previous, groups, story, options)
        teller = Teller(
            floors, groups, chooser, introducer, kept, options, eligibility.words(sentences)
        )
        for event in (*map(WithheldReady, unsupported), *map(ConflictReady, conflicts)):
            emit(event)
    with clock.stage("write"):
        scribe = None
        if writer is not None:
            scribe = Scribe(writer, memo, templates(), reader.text, clock.step)
        printed: list[BriefSentence] = []
        for each in response.lay_out(teller.tell(scribe), options):
            printed.append(each)
            emit(SentenceReady(each))
        for each in teller.withheld:
            emit(WithheldReady(each))
        headline = chooser.headline(groups, scribe, teller.told)
        emit(HeadlineReady(headline))

    return response.compose(
        request,
        fingerprint(models),
        articles,
        sentences,
        headline,
        printed,
        [*unsupported, *teller.withheld],
        conflicts,
        generation(models, clock),
    )


def generation(models: Models, clock: Clock) -> Generation:
    """How a result was made, and how long each stage took."""
    return Generation(
        models=models.names(),
        prompts=prompt_hashes(),
        pipeline=f"{VERSION}+{code_hash()}",
        timings_ms=clock.timings_ms,
    )


def fingerprint(models: Models) -> str:
    """Pipeline version, prompts and models: all that a result depends on beside its request."""
    parts = (VERSION, code_hash(), prompt_hashes(), models.names())
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:16]


@cache
def code_hash() -> str:
    """A hash of the pipeline's own sources: no cached brief outlives a change of them."""
    hasher = hashlib.sha256()
    folder = Path(__file__).parent
    for file in sorted(folder.rglob("*.py")):
        hasher.update(str(file.relative_to(folder)).encode() + file.read_bytes())
    return hasher.hexdigest()[:8]


def prompt_hashes() -> dict[str, str]:
    """Prompt id → sha256 of its file."""
    return {name: template.sha256 for name, template in templates().items()}
