"""Models: the registry, fetching and loading, and one module per kind of back end."""
