"""Who has a ticket open now, and who of them is replying."""
