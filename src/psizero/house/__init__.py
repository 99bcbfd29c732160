"""Composition: the only place where everything meets."""
