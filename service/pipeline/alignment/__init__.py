"""Which reports say the same, and where they disagree."""
