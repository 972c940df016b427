"""What everybody writes: `post_save` → `send_event("user-7", …)` → the library's own view.

A project of its own, with the same database settings as ours, so that only the delivery differs.
With RECIPE_STORAGE=1 it also keeps its events, which a client needs to survive a reconnect.
"""
