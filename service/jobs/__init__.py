"""The worker's side: one job from the queue to its result, its events and its webhooks."""
