"""The brief pipeline: synchronous, one module a stage, `run.py` is the whole sequence."""
