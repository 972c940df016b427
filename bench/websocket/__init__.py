"""What everybody writes instead of an event stream: a consumer per browser, a group per queue.

Models and views are the recipe's, so that only the delivery differs. Sessions authenticate, the
channel layer is in memory, and the saving request sends. Who reconnects has missed what came.
"""
