"""The program: what runs, is saved and is compared."""
