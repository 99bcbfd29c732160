"""The automations of this domain, one folder each."""
