"""A diagram in, a drawing out: what is to be drawn, its DOT, Graphviz, and where things go."""
