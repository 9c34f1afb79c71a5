"""The resource /v1/briefs."""
