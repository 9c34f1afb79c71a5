"""Fingerprint: pipeline, prompts and models as one hash.

A request and a fingerprint address a result. What a model back end does beside its files is not hashed:
whoever changes how one decodes, pools or parses raises `VERSION`.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec

from service.models.base import Models
from service.pipeline.prompts import templates
from service.pipeline.types import Generation

VERSION = "3"
"""The pipeline's version as people call it; `code_hash` tells the builds of one apart."""

FOLDER = Path(__file__).parent


def fingerprint(models: Models) -> str:
    """Pipeline version, code, prompts and models → 16 hex digits; names the queue and the caches."""
    parts = (VERSION, code_hash(), prompt_hashes(), models.names())
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()[:16]


def provenance(models: Models, timings_ms: Mapping[str, int]) -> Generation:
    """How a result was made, and how long each stage took."""
    return Generation(
        models=models.names(),
        prompts=prompt_hashes(),
        pipeline=f"{VERSION}+{code_hash()}",
        timings_ms=dict(timings_ms),
    )


@cache
def code_hash(folder: Path = FOLDER) -> str:
    """A hash of what the Python files below a folder do, by their paths: 8 hex digits.

    It is taken over the syntax trees without docstrings, so that an edit of a comment, of a
    docstring or of the layout keeps the caches warm, and every other edit makes them cold. Two
    versions of Python may write one tree differently: their workers then share no queue.
    """
    hasher = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        tree = _without_docstrings(ast.parse(file.read_bytes()))
        hasher.update(f"{file.relative_to(folder).as_posix()}\0{ast.dump(tree)}\0".encode())
    return hasher.hexdigest()[:8]


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """The tree without strings that stand alone as a statement, constants' notes included."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_docstring(each)]  # pyright: ignore[reportAttributeAccessIssue]
    return tree


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def prompt_hashes() -> dict[str, str]:
    """Prompt id → sha256 of its file."""
    return {name: template.sha256 for name, template in templates().items()}
