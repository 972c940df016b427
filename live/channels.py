"""One channel per user, `user-<id>`, on django-eventstream. The only file that knows the library.

The library's listener manager finds the listeners of a channel. Its views, its storage and its
Redis listener are not used: our stream is the only door to a channel, our log the only store.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django_eventstream import views
from django_eventstream.channelmanager import ChannelManagerBase
from django_eventstream.event import Event
from django_eventstream.views import Listener, ListenerManager, get_listener_manager

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
    """Takes what is sent to one user's channel."""

    def __init__(self, user_id: int, receive: Receive) -> None:
        # Not the library's: it makes an asyncio.Event and more that nothing here waits on.
        self.user_id = user_id
        self.channel = channel_of(user_id)
        self.channels = {self.channel}
        self.receive = receive

    def wake_threadsafe(self) -> None:
        """Nothing waits: what is sent is taken at once."""


class Channels(ListenerManager):
    """The library's register of who listens to which channel, which hands each event on at once.

    The library's own puts it into a queue of ten per listener (MAX_PENDING), drops the rest, and
    with its lock and its log line takes 3 of 21 µs that a delivery costs under uvicorn.
    """

    def add_to_queues(self, channel: str, event: Event) -> None:
        for listener in self.listeners_by_channel.get(channel, ()):
            if isinstance(listener, UserListener):  # a view of the library has no business here
                listener.receive(event.data, event.id)


views.listener_manager = Channels()  # before anybody listens


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
