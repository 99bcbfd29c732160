"""A small company that sells map data through an API, made up for `psizero demo`."""
