"""The engine in C: its core, the translator of the table, and how both are compiled."""
