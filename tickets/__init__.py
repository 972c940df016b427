"""The help desk: queues, tickets, who sees them, pages and API. It does not know how changes
travel."""
