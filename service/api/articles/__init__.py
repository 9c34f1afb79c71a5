"""The resource /v1/articles."""
