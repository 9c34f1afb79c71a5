"""The resource /v1/jobs, and the way of every request into a job."""
