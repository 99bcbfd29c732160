"""What the house costs, measured beside the raw engine; `python -m benchmarks.run`."""
