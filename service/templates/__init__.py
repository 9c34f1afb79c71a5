"""The HTML pages that the service writes: templates with one layout and one stylesheet.

They stand apart from both of their users: a brief as a page (`service.representations`) is made
by the command line too, the pages about the API (`service.api.docs`) by the API alone. All text
that is put into a template is escaped, and a name that a template lacks is an error.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

FOLDER = Path(__file__).parent


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, **values: Any) -> str:
    """The page that a template of this folder makes of the values."""
    return _environment().get_template(template).render(values)
