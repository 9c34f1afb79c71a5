"""The resource /v1/jobs, and what every request goes through that becomes a job."""
