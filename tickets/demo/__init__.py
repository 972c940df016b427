"""A help desk to look at: invented people with known passwords, and tickets that keep moving."""
