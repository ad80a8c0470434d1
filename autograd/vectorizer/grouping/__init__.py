"""Idea 3: nodes that do the same are one array."""
