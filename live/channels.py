"""One channel per user, `user-<id>`, on django-eventstream. The only file that knows the library.

The library's listener manager finds the listeners of a channel and wakes them. Its views, its
storage and its Redis listener are not used: our stream is the only door to a channel, our log the
only store.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django_eventstream.channelmanager import ChannelManagerBase
from django_eventstream.event import Event
from django_eventstream.views import Listener, get_listener_manager

Receive = Callable[[bytes, int], None]


class OwnChannelOnly(ChannelManagerBase):
    """What the library's own views may do, should anybody route to them: a user's own channel."""

    def get_channels_for_request(self, request: HttpRequest, view_kwargs: Any) -> set[str]:
        return {channel_of(request.user.pk)} if request.user.is_authenticated else set()

    def can_read_channel(self, user: Any, channel: str) -> bool:
        return bool(user and user.is_active and channel == channel_of(user.pk))

    def is_channel_reliable(self, channel: str) -> bool:
        return False  # the log is, and the stream reads it


class UserListener(Listener):
    """Hands each frame on at once.

    The library keeps ten events per listener (MAX_PENDING) and drops the rest; drained in
    wake_threadsafe, which it calls after each, there is never more than one.
    """

    def __init__(self, user_id: int, receive: Receive) -> None:
        # Not the library's: it makes an asyncio.Event and more that nothing here waits on.
        self.user_id = user_id
        self.channel = channel_of(user_id)
        self.channels = {self.channel}
        self.channel_items: dict[str, list[Event]] = {}
        self.overflow = False
        self.error: Any = ""
        self._receive = receive

    def wake_threadsafe(self) -> None:
        for items in self.channel_items.values():
            for event in items:
                self._receive(event.data, event.id)
            items.clear()


def channel_of(user_id: int) -> str:
    return f"user-{user_id}"


def open_channel(user_id: int, receive: Receive) -> UserListener:
    """Call `receive(frame, position)` for all that is sent to the user, in this process."""
    listener = UserListener(user_id, receive)
    get_listener_manager().add_listener(listener)
    return listener


def close_channel(listener: UserListener) -> None:
    get_listener_manager().remove_listener(listener)


def send(listener: UserListener, frame: bytes, position: int) -> None:
    """Hand an encoded frame to the user's channel, on the event loop."""
    event = Event(listener.channel, "", frame, position)
    get_listener_manager().add_to_queues(listener.channel, event)
