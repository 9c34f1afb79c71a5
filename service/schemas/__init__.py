"""What goes over the wire, and how it becomes what the pipeline takes: shared by client, CLI, jobs and API."""
