"""Each verb, once: parameters, recipient, reversibility, the manual task it replaces."""
