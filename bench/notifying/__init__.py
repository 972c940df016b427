"""The newest of the recipes for Django: djrealtime, an event stream on PostgreSQL's LISTEN/NOTIFY.

Models and views are the recipe's, so that only the delivery differs. An event is published for each
agent of the ticket's queue, for it has no other way to say who may see one. Its storage, on by
default, is off: with it each delivery writes two rows through one thread. Who reconnects has missed
what came, with storage too.
"""
