"""Worlds that answer to the person in them; each has a ready session beside it."""
