"""Intelligence: what the company should know this morning. Pure."""
