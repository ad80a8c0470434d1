"""Between ideas 3 and 4: what is done again and again, one step from the other, is a loop."""
