"""Each kind that crosses a door, once, with typed columns and units."""
