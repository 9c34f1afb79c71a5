"""The reference page at /schema: the OpenAPI document as plain HTML, from this server alone."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

from service.templates import page


class ReferencePage(OpenAPIRenderPlugin):
    """Every operation with its parameters, answers and examples, and every schema."""

    def __init__(self) -> None:
        super().__init__(path="/", favicon="", style="")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return page(
            "reference.html",
            info=openapi_schema["info"],
            paths=openapi_schema["paths"],
            schemas=sorted(openapi_schema["components"]["schemas"].items()),
            shown=as_text,
        ).encode()


def as_text(value: Any) -> str:
    """An example or a schema as the page shows it: text as it is, all else as indented JSON."""
    if isinstance(value, str):
        return value
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()
