"""Briefs of a whole archive: requests in a file, one a line, worked off by workers of Ray."""
