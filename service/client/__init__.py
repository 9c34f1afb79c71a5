"""The typed Python client, blocking and asynchronous.

It imports neither the web framework nor the models. Results are the API's own frozen structs.

>>> from service.client import ArticleIn, DoneEvent, NewsbriefClient
>>> articles = [
...     ArticleIn(id="courier", text="The bridge reopened. Traffic was light."),
...     ArticleIn(id="ledger", text="Two lanes are closed until Friday."),
... ]
>>> with NewsbriefClient("http://127.0.0.1:8000") as client:
...     brief = client.brief(articles)
...     for sentence in brief.sentences:
...         print(sentence.text, [cited.article_id for cited in sentence.citations])
The bridge reopened. ['courier']
Two lanes are closed ['ledger']

`stream` gives the same as it is written:

>>> with NewsbriefClient("http://127.0.0.1:8000") as client:
...     for event in client.stream(articles):
...         if isinstance(event, DoneEvent):
...             print(event.brief.id == brief.id)
True
"""

from service.client.calls import Retries
from service.client.clients import AsyncNewsbriefClient, NewsbriefClient
from service.client.errors import ApiProblem, ClientError, JobCancelled, NotYet, Unreachable
from service.client.events import (
    AgreementEvent,
    ConflictEvent,
    DoneEvent,
    DraftEvent,
    Event,
    HeadlineEvent,
    SentenceEvent,
    StageEvent,
    VerdictEvent,
    WithheldEvent,
)
from service.schemas.wire import (
    AgreementOut,
    ArticleAgreementOut,
    ArticleIn,
    ArticleOut,
    BriefResponse,
    ChangesOut,
    CheckOptionsIn,
    CheckResponse,
    CleanArticleOut,
    HealthOut,
    JobOut,
    Length,
    ModelsOut,
    OptionsIn,
    Problem,
    ProblemError,
    RetractedText,
    RetractionsOut,
)

__all__ = [
    "AgreementEvent",
    "AgreementOut",
    "ApiProblem",
    "ArticleAgreementOut",
    "ArticleIn",
    "ArticleOut",
    "AsyncNewsbriefClient",
    "BriefResponse",
    "ChangesOut",
    "CheckOptionsIn",
    "CheckResponse",
    "CleanArticleOut",
    "ClientError",
    "ConflictEvent",
    "DoneEvent",
    "DraftEvent",
    "Event",
    "HeadlineEvent",
    "HealthOut",
    "JobCancelled",
    "JobOut",
    "Length",
    "ModelsOut",
    "NewsbriefClient",
    "NotYet",
    "OptionsIn",
    "Problem",
    "ProblemError",
    "RetractedText",
    "RetractionsOut",
    "Retries",
    "SentenceEvent",
    "StageEvent",
    "Unreachable",
    "VerdictEvent",
    "WithheldEvent",
]
