"""Formulas as data, and how they are put together and written."""
