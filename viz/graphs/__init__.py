"""Graphs of numbers: what is drawn of them, folded or whole, what is wrong in them, their walk."""
