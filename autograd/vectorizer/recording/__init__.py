"""Idea 1: backpropagation is more graph."""
