"""Which facts a brief tells, and in which order."""
