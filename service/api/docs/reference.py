"""The reference page at /schema: the OpenAPI document as plain HTML, from this server alone."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec
from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem;
       color-scheme: light dark; }
h2 { margin-top: 2.5rem; } code, pre { font: 14px/1.45 ui-monospace, monospace; }
summary { cursor: pointer; } pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; }
.verb { font-weight: 700; display: inline-block; min-width: 4rem; }
"""


class ReferencePage(OpenAPIRenderPlugin):
    """Every operation with its parameters and answers, every schema with its members."""

    def __init__(self) -> None:
        super().__init__(path="/", favicon="", style="")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        info = openapi_schema["info"]
        parts = [
            "<!doctype html><html lang=en><meta charset=utf-8>",
            "<meta name=viewport content='width=device-width, initial-scale=1'>",
            f"<title>{escape(info['title'])} API</title><style>{STYLE}</style>",
            f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1>",
            f"<p>{escape(info.get('description', ''))}</p>",
            "<p><a href='/schema/openapi.json'>openapi.json</a> · <a href='/problems'>problems</a></p>",
        ]
        for path, item in openapi_schema["paths"].items():
            for verb, operation in item.items():
                parts.append(_operation(verb, path, operation))
        parts.append("<h2>Schemas</h2>")
        for name, schema in sorted(openapi_schema["components"]["schemas"].items()):
            parts.append(_schema(name, schema))
        return "".join(parts).encode()


def _operation(verb: str, path: str, operation: dict[str, Any]) -> str:
    rows = "".join(
        f"<li><code>{escape(each['name'])}</code> ({escape(each['in'])})"
        f" {escape(each.get('description', ''))}</li>"
        for each in operation.get("parameters", [])
    )
    answers = "".join(
        f"<li><code>{status}</code> {escape(answer.get('description', ''))}: "
        + ", ".join(f"<code>{escape(media)}</code>" for media in answer.get("content", {}))
        + "</li>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<h2><span class=verb>{verb.upper()}</span><code>{escape(path)}</code></h2>"
        f"<p>{escape(operation.get('description') or operation.get('summary') or '')}</p>"
        + (f"<h3>Parameters</h3><ul>{rows}</ul>" if rows else "")
        + _examples("Request", operation.get("requestBody", {}))
        + f"<h3>Answers</h3><ul>{answers}</ul>"
        + "".join(
            _examples(f"Answer {status}", answer)
            for status, answer in operation["responses"].items()
            if status.startswith("2")
        )
    )


def _examples(what: str, body: dict[str, Any]) -> str:
    """The example of each media type, folded."""
    return "".join(
        f"<details><summary>{what}: <code>{escape(media)}</code></summary>"
        f"<pre>{escape(_shown(each['example']))}</pre></details>"
        for media, each in body.get("content", {}).items()
        if "example" in each
    )


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=2).decode()


def _schema(name: str, schema: dict[str, Any]) -> str:
    return (
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>"
        f"<pre>{escape(_shown(schema))}</pre></details>"
    )
