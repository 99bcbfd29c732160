"""Nouns: records, kinds, tables, money, time. Nothing here acts."""
