"""From a verdict to the spans that a sentence cites."""
