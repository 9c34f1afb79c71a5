"""Pages by templates: what is put in is escaped, and what is lacking is an error."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from service.api.docs.reference import ReferencePage
from service.templates import page

HOSTILE = "</pre><script>alert(1)</script>'\"&"


def test_all_that_a_page_is_given_is_escaped():
    problem = dict.fromkeys(("code", "statuses", "title", "meaning"), HOSTILE)

    made = page("problems.html", problems=[problem])

    assert "<script" not in made
    assert made.count("&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#34;&amp;") == 4


def test_a_value_that_a_page_lacks_is_an_error():
    with pytest.raises(UndefinedError, match="meaning"):
        page("problems.html", problems=[{"code": "a", "statuses": "400", "title": "b"}])


def test_no_word_of_the_openapi_document_makes_an_element_of_the_reference():
    operation = {
        "description": HOSTILE,
        "parameters": [{"name": HOSTILE, "in": HOSTILE, "description": HOSTILE}],
        "requestBody": {"content": {HOSTILE: {"example": {"text": HOSTILE}}}},
        "responses": {"200": {"description": HOSTILE, "content": {HOSTILE: {"example": HOSTILE}}}},
    }
    document = {
        "info": {"title": HOSTILE, "version": HOSTILE, "description": HOSTILE},
        "paths": {HOSTILE: {"get": operation}},
        "components": {"schemas": {HOSTILE: {"type": HOSTILE}}},
    }

    made = ReferencePage().render(None, document).decode()  # type: ignore[arg-type]

    assert "<script" not in made
    assert made.count("&lt;script") == 18
