"""The newsroom page and the web component, as files."""
