"""From what was observed to what is wrong with it, and what to write where."""
