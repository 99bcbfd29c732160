"""Customers: how they fare, and what is done about it."""
