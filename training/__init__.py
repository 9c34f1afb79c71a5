"""How the shipped weights were made: each module has --help, is seeded, and can be resumed."""
