"""Maths on tables and numbers. Pure; no business words."""
