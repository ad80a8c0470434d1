"""The arrays as lines of a program."""
