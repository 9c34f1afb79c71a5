"""From printed sentences to the brief."""
