"""How a source sentence reads without its neighbours, and whether it can."""
