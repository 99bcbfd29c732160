"""Where it stays: the ledger, what is kept from it, and how it is read."""
