"""A diagram in, a drawing out: what is to be drawn, its DOT, and where things go."""
