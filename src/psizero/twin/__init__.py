"""A synthetic company that sells an API, behind the same door as the real world.

It emits events of the kinds in `core/events`, reacts to what the house does, and keeps its truth
to itself. It shares only `core` with what thinks.
"""
