"""GET /api/user/stream: who is let in, and one open response."""
