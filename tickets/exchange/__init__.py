"""Tickets as a table: in from another system, and out of a list."""
