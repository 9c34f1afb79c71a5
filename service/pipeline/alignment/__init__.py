"""Where two reports disagree."""
