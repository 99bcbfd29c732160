"""The automations of finance, one folder each."""
