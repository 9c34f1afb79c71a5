"""The OpenAPI document, its examples, and the pages that explain the API."""
