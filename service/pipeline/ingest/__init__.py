"""Articles to sentences: what is masked, who reprints whom, which articles take part."""
