"""Benchmarks: each module has --help, prints a table, and JSON with --json."""
