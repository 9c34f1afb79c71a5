"""Whether a sentence may stand on its evidence: rules, model, one verdict."""
