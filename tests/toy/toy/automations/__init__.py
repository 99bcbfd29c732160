"""The toy's automations, one folder each."""
