"""`make bench-models`: our models beside plain baselines on public data."""
