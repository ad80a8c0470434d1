"""Idea 2: the same mathematics, however it is written, is the same nodes."""
