"""The resource /v1/retractions."""
