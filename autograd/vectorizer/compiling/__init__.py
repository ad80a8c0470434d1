"""The program as C: its lines as loops over arrays, built once and called thinly."""
