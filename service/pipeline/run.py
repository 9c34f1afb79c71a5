"""The whole pipeline: one typed value into the next, from a request to a checked brief."""

from __future__ import annotations

import hashlib
from functools import cache, partial
from pathlib import Path

import msgspec

from service.models.base import Models
from service.pipeline.assembly import response
from service.pipeline.assembly.carry_over import carry_over
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.ingest import eligibility
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.ingest.syndication import find_origins
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.progress import StageClock
from service.pipeline.selection.content_plan import plan
from service.pipeline.selection.salience import salience_scores, signals
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
from service.pipeline.verification.verifier import ClusterContext, Verifier
from service.pipeline.writing.candidates import CandidateSelector
from service.pipeline.writing.generation import CandidateGenerator
from service.pipeline.writing.prompts import templates
from service.pipeline.writing.realizer import Realizer
from service.pipeline.writing.referring_expressions import ReferringExpressions

VERSION = "1"
"""The pipeline's version as people call it; `code_hash` tells the builds of one apart."""


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    """A request → its brief; the same request and models give the same brief.

    Raises `NothingToBrief` where no article can be used, `Cancelled` where `emit` does,
    and `ModelError` where a model fails.
    """
    options, clock = request.options, StageClock(emit)
    writer = models.writer if options.mode == "abstractive" else None

    with clock.stage("intake"):
        sources = ingest(request.articles, models.parser.languages)
        sentences = split_sentences(sources)
    with clock.stage("embed"):
        vectors = embed([sentence.text for sentence in sentences], models.encoder, memo)
        titles = embed([s.title for s in sources if s.title], models.encoder, memo)
        focus = embed([options.focus], models.encoder, memo)[0] if options.focus else None
    with clock.stage("rank"):
        origins = find_origins(sources, sentences, vectors)
        warnings = eligibility.article_warnings(sources, sentences, origins)
        articles = response.article_reports(sources, origins, warnings)
        sentences, vectors = eligibility.usable_sentences(articles, sentences, vectors)
        weighed = signals(sentences, vectors, sources, origins.origin, options, titles, focus)
        salience = salience_scores(weighed)
    with clock.stage("plan"):
        verbatim = options.mode == "extractive"
        reader = SourceReader(models.parser, sources, sentences, verbatim=verbatim)
        reads = reader.can_open, reader.is_standalone, reader.is_readable_after
        groups = plan(sentences, vectors, weighed.origin, salience, *reads, options)
    with clock.stage("ground"):
        story = ClusterContext(sources, sentences, vectors, origins, reader)
        judge = Verifier(story, models, memo)
        chooser = CandidateSelector(story, judge, options)
        introducer = None if verbatim else ReferringExpressions(story, judge, options.max_citations)
        floors, unsupported, conflicts = chooser.source_sentences(groups)
        kept = partial(carry_over, request.previous, groups, story, options)
        teller = Realizer(
            floors,
            groups,
            chooser,
            introducer,
            kept,
            options,
            eligibility.story_vocabulary(sentences),
        )
        for event in (*map(WithheldReady, unsupported), *map(ConflictReady, conflicts)):
            emit(event)
    with clock.stage("write"):
        scribe = None
        if writer is not None:
            scribe = CandidateGenerator(writer, memo, templates(), reader.text, clock.step)
        printed: list[BriefSentence] = []
        for each in response.with_offsets(teller.tell(scribe), options):
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


def generation(models: Models, clock: StageClock) -> Generation:
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
