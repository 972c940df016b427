"""Passwords that people type: how many may be wrong, and whom that must not lock out."""
