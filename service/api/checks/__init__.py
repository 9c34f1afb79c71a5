"""The resource /v1/checks."""
