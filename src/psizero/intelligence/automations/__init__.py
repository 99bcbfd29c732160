"""Automations of intelligence, one folder each."""
