"""Idea 4: a grid of sums of products is a matrix product."""
