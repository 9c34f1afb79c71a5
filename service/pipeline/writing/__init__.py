"""From a fact and its evidence to the sentence that is printed."""
