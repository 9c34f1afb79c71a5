"""A brief as text, Markdown, HTML or an IPTC ninjs item."""
