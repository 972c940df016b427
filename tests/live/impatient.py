"""The site, but a reader may take nothing for two seconds in place of thirty. Servers of
test_bounds.py run this."""

from live.stream import transport
from ticketsystem.asgi import application

__all__ = ["application"]

transport.LOOK = 2 / transport.STUCK
