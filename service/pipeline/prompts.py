"""Prompts: files in `prompts/`, one each, rendered in a sandbox, named by their hash.

A file is front matter between `---` lines (id, version, inputs) and a Jinja2 template
whose parts open with `[system]` or `[user]` alone on a line.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from service.models.base import Message, Prompt

PACKAGED = Path(__file__).parents[1] / "_prompts"
CHECKOUT = Path(__file__).parents[2] / "prompts"

PART = re.compile(r"^\[(system|user|assistant)\]\n", re.MULTILINE)


class Template:
    """One prompt file; `sha256` is over the whole file."""

    def __init__(self, text: str) -> None:
        head, body = text.removeprefix("---\n").split("\n---\n", 1)
        front = yaml.safe_load(head)
        self.id = str(front["id"])
        self.version = int(front["version"])
        self.inputs = frozenset(front["inputs"])
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
        pieces = PART.split(body)[1:]
        self._parts = [
            (role, environment.from_string(piece.strip()))
            for role, piece in zip(pieces[::2], pieces[1::2], strict=True)
        ]

    def render(self, **inputs: object) -> Prompt:
        """Inputs → messages. Raises `TypeError` where the inputs are not the declared ones.

        Inputs are data: the template is compiled before they are seen.
        """
        if inputs.keys() != self.inputs:
            raise TypeError(
                f"Prompt {self.id!r} takes {sorted(self.inputs)}, got {sorted(inputs)}."
            )
        return tuple(Message(role, part.render(**inputs)) for role, part in self._parts)


@cache
def templates() -> dict[str, Template]:
    """Prompt id → template, from the installed package or the checkout."""
    folder = PACKAGED if PACKAGED.is_dir() else CHECKOUT
    found = [
        Template(path.read_text("utf-8"))
        for path in sorted(folder.glob("*.md"))
        if path.name != "README.md"
    ]
    return {template.id: template for template in found}
