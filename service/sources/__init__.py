"""Where articles come from: fetching, behind a guard, and HTML extraction."""
