"""Where articles come from: HTML extraction (and, later, fetching)."""
