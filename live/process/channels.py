"""One channel per user, `user-<key>`, in django-eventstream's register of listeners: by it a user
who is connected is found. Only this module knows the library.

The library's ListenerManager is used, which keeps who listens to which channel. Here the listener
is the user's Reader, which holds the streams that the user has open. Nothing else of the library is
used: its views would open a second way to a channel, its storage would be a second log, and its
queue of ten events per listener (MAX_PENDING) loses the rest, so the relay gives events to the
streams itself.
"""

from collections.abc import Iterator
from typing import Any, Generic, Protocol, TypeVar

from django.http import HttpRequest
from django_eventstream.channelmanager import ChannelManagerBase
from django_eventstream.views import ListenerManager


class Listener(Protocol):
    """What the library's register asks of a listener."""

    channels: set[str]


L = TypeVar("L", bound=Listener)


class OwnChannelOnly(ChannelManagerBase):
    """What the library's own views may do, should a project route to them: a user's own channel."""

    def get_channels_for_request(self, request: HttpRequest, view_kwargs: Any) -> set[str]:
        return {channel_of(request.user.pk)} if request.user.is_authenticated else set()

    def can_read_channel(self, user: Any, channel: str) -> bool:
        return bool(user and user.is_active and channel == channel_of(user.pk))

    def is_channel_reliable(self, channel: str) -> bool:
        return False  # the log is, and the stream reads it


class Channels(Generic[L]):
    """The channels that are open in one engine, each with its one listener."""

    def __init__(self) -> None:
        self._register = ListenerManager()
        self._register.redis_listener = None  # nothing arrives here past the log

    def open(self, listener: L) -> None:
        self._register.add_listener(listener)

    def close(self, listener: L) -> None:
        self._register.remove_listener(listener)

    def listener(self, user_id: Any) -> L | None:
        """Who listens to the user's channel here, if anybody does."""
        for listener in self._register.listeners_by_channel.get(channel_of(user_id), ()):
            found: L = listener
            return found
        return None

    def __iter__(self) -> Iterator[L]:
        for listeners in list(self._register.listeners_by_channel.values()):
            yield from tuple(listeners)

    def __len__(self) -> int:
        return len(self._register.listeners_by_channel)


def channel_of(user_id: Any) -> str:
    """The name of a user's channel, whatever the type of the user's key."""
    return f"user-{user_id}"
