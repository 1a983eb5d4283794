"""Rows of numbers in files that need not fit into memory, one file a format; `rows` says what they have in common."""
