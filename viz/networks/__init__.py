"""Networks as neurons in columns: read from a model, drawn, stepped through."""
