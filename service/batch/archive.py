"""The archive: a file of requests, one a line, each as `POST /v1/briefs` takes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from service.errors import InvalidRequest, NewsbriefError
from service.schemas.conversion import Violations
from service.schemas.wire import LONGEST_ID, BriefRequest, ProblemError


class BatchRequest(BriefRequest, frozen=True):
    """A brief's request with the caller's own `id`, which goes with its result."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)] | None = None


class Line(msgspec.Struct, frozen=True):
    """Where a request stands: `number` counts from 1, `start` and `size` are bytes."""

    number: int
    start: int
    size: int


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a line, as it is written: `sha256` is that of the line, `brief` the API's
    own JSON; without a brief there is the `problem`."""

    line: int
    id: str | None
    sha256: str
    brief: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    problem: LineProblem | msgspec.UnsetType = msgspec.UNSET


class LineProblem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a line has no brief: the members of the API's problem document that tell it."""

    type: str
    detail: str
    errors: tuple[ProblemError, ...] = ()


class MalformedLine(NewsbriefError):
    """A line that is not JSON in UTF-8."""

    code = "malformed-json"


class LongLine(NewsbriefError):
    """A line of more bytes than a body of the API may have."""

    code = "too-large"


class _Named(msgspec.Struct, frozen=True):
    id: str | None = None


def digest(content: bytes) -> str:
    """The sha256 of a line without the white space around it."""
    return hashlib.sha256(content.strip()).hexdigest()


def unfinished(archive: Path, finished: Mapping[int, str]) -> list[Line]:
    """The lines that have no result yet; blank ones are none. `finished` is number → sha256.

    Raises `InvalidRequest` where a finished line is another one now.
    """
    found: list[Line] = []
    start = number = 0
    left = dict(finished)
    with archive.open("rb") as file:
        for number, content in enumerate(file, start=1):
            known = left.pop(number, None)
            if known is not None and known != digest(content):
                _refuse(archive, number)
            if known is None and content.strip():
                found.append(Line(number, start, len(content)))
            start += len(content)
    if left:
        _refuse(archive, min(left))
    return found


def _refuse(archive: Path, number: int) -> None:
    raise InvalidRequest(
        f"Line {number} of {str(archive)!r} is not the one that has a result already. Lines may be"
        " added at the end; for another file give another folder."
    )


def read(archive: Path, line: Line) -> bytes:
    with archive.open("rb") as file:
        file.seek(line.start)
        return file.read(line.size)


def decoded(content: bytes) -> BatchRequest:
    """Raises `MalformedLine`, and `Violations` for JSON that is no request."""
    try:
        msgspec.json.decode(content)  # whole: with a type it would stop at what has another one
        return msgspec.json.decode(content, type=BatchRequest)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        path = place.removeprefix(".").removesuffix("`")
        raise Violations([ProblemError(path, message)]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedLine(f"The line can't be read as JSON: {error}.") from None
    except RecursionError:
        raise MalformedLine("The line is nested too deeply to be read.") from None


def id_of(content: bytes) -> str | None:
    """The caller's id of a line that is no request, if that much can be read."""
    try:
        return msgspec.json.decode(content, type=_Named).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def problem_of(error: NewsbriefError) -> LineProblem:
    """An error as the API tells it.

    >>> problem_of(MalformedLine("The line can't be read."))
    LineProblem(type='/problems/malformed-json', detail="The line can't be read.", errors=())
    """
    errors: tuple[ProblemError, ...] = ()
    if isinstance(error, Violations):
        errors = error.errors
    elif isinstance(error, InvalidRequest) and error.path:
        errors = (ProblemError(error.path, str(error)),)
    return LineProblem(f"/problems/{error.code}", str(error), errors)
