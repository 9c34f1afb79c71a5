"""The resource /v1/webhooks."""
