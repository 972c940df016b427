"""Queues and the people who serve them, as superusers manage them outside of Django's admin."""
