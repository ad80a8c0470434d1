"""DOT in, places out: the source of a graph, Graphviz, and how wide text is."""
