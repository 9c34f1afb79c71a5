"""The whole pipeline: one typed value into the next, from a request to a checked brief."""

from __future__ import annotations

from service.models.base import Models
from service.pipeline.alignment.fact_table import align
from service.pipeline.alignment.overtaken import overtaken
from service.pipeline.alignment.quantities import tolls
from service.pipeline.alignment.same_fact import SameFactReader
from service.pipeline.assembly.response import compose
from service.pipeline.attribution.agreement import left_out
from service.pipeline.attribution.attributor import Attributor
from service.pipeline.decontextualization.cluster_context import ClusterContext
from service.pipeline.decontextualization.source_reader import SourceReader
from service.pipeline.fingerprint import fingerprint, provenance
from service.pipeline.ingest import eligibility
from service.pipeline.ingest.boilerplate import ingest
from service.pipeline.ingest.page_sentences import page_sentences, with_masked
from service.pipeline.ingest.sentences import split_sentences
from service.pipeline.ingest.syndication import find_origins
from service.pipeline.linguistics.embeddings import embed
from service.pipeline.progress import StageClock
from service.pipeline.prompts import templates
from service.pipeline.selection.content_plan import plan
from service.pipeline.selection.salience import salience_scores, signals, with_support
from service.pipeline.types import (
    AgreementReady,
    Brief,
    ConflictReady,
    Emit,
    HeadlineReady,
    Memo,
    Request,
    WithheldReady,
)
from service.pipeline.verification.support import SupportReader
from service.pipeline.verification.verifier import Verifier
from service.pipeline.writing.candidates import CandidateSelector
from service.pipeline.writing.generation import CandidateGenerator
from service.pipeline.writing.headline_selection import HeadlineSelector
from service.pipeline.writing.realizer import Realizer
from service.pipeline.writing.referring_expressions import ReferringExpressions
from service.pipeline.writing.representatives import represented
from service.pipeline.writing.source_sentences import ground
from service.pipeline.writing.unprintable import unprintable


def run(request: Request, models: Models, memo: Memo, emit: Emit) -> Brief:
    """A request → its brief; the same request and models give the same brief.

    Raises `NothingToBrief` where no article can be used, `Cancelled` where `emit` does,
    and `ModelError` where a model fails.
    """
    options, clock = request.options, StageClock(emit)
    extractive = options.mode == "extractive"
    generator = support = None
    if models.writer is not None and not extractive:
        generator = CandidateGenerator(models.writer, memo, templates(), clock.step)
    if models.support is not None and not extractive:
        support = SupportReader(models.support, memo, templates()["support"], clock.step)

    with clock.stage("intake"):
        sources = ingest(request.articles, models.parser.languages, on_step=clock.step)
        sentences = split_sentences(sources, on_step=clock.step)
    with clock.stage("embed"):
        vectors = embed([s.text for s in sentences], models.encoder, memo, on_step=clock.step)
        page = page_sentences(sentences, vectors, models.encoder, memo, on_step=clock.step)
        sources = with_masked(sources, sentences, page)
        sentences, vectors = eligibility.without(page, sentences, vectors)
        titles = embed(
            [s.title for s in sources if s.title], models.encoder, memo, on_step=clock.step
        )
        focus = embed([options.focus], models.encoder, memo)[0] if options.focus else None
    with clock.stage("rank"):
        origins = find_origins(sources, sentences, vectors, on_step=clock.step)
        warnings = eligibility.article_warnings(sources, sentences, origins)
        articles = eligibility.article_reports(sources, origins, warnings, masked=options.masked)
        sentences, vectors = eligibility.usable_sentences(articles, sentences, vectors)
        set_aside = overtaken(sources, sentences, vectors, models, support, options.as_of)
        sentences, vectors = eligibility.without(set_aside, sentences, vectors)
        weighed = signals(sentences, vectors, sources, origins.origin, options, titles, focus)
        same_fact = SameFactReader(models.reader, memo, clock.step)
        supported = with_support(weighed, sentences, same_fact)
        salience = salience_scores(supported)
    with clock.stage("plan"):
        reader = SourceReader(
            models.parser, sources, sentences, extractive=extractive, on_step=clock.step
        )
        groups = plan(
            sentences, vectors, weighed.origin, salience,
            reader.can_open, lambda i: generator.lead(reader.text(i)) if generator else None,
            reader.is_standalone, reader.is_readable_after, options,
            tolls=lambda i: tolls(reader.parsed(i)),
        )  # fmt: skip
    with clock.stage("align"):
        context = ClusterContext(sources, sentences, vectors, origins, reader)
        groups = represented(align(groups, context, same_fact), context)
    with clock.stage("ground"):
        attributor = Attributor(context, Verifier(context, models, memo), same_fact)
        grounded = ground(groups, context, attributor, options, support)
        for event in (*map(WithheldReady, (*set_aside.values(), *grounded.withheld)), *map(ConflictReady, grounded.conflicts)):  # fmt: skip
            emit(event)
    with clock.stage("write"):
        selector = CandidateSelector(context, attributor, same_fact)
        referring = None if extractive else ReferringExpressions(context, attributor)
        realizer = Realizer(context, groups, generator, selector, referring, support)
        vocabulary = eligibility.story_vocabulary(sentences)
        realized = realizer.realize(grounded.sentences, vocabulary, request, emit)
        unread = () if realized.printed or grounded.withheld else unprintable(context)
        for each in (*realized.withheld, *unread):
            emit(WithheldReady(each))
        headlines = HeadlineSelector(context, attributor, options.max_citations)
        headline = headlines.headline(groups, generator, realized.sentences)
        emit(HeadlineReady(headline))
    with clock.stage("agree"):
        further = left_out(
            supported.support, realized.sentences, context, attributor, same_fact, clock.step
        )
        for row in further:
            emit(AgreementReady(row))
        clock.step()

    failed = generator is not None and generator.unavailable
    withheld = (*set_aside.values(), *grounded.withheld, *realized.withheld, *unread)
    made = provenance(models, clock.timings_ms)
    return compose(
        request, fingerprint(models), articles, sentences, headline, realized.printed, withheld,
        (*grounded.conflicts, *realized.conflicts), (*realized.agreement, *further), made, writer_failed=failed,
    )  # fmt: skip
