"""The proof: the program beside the graph."""
