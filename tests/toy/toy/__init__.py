"""A package beside ours, as somebody else would write it: found by entry points alone."""
