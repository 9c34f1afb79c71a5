"""Redis: connections, keys, cache, job queue, durable state."""
