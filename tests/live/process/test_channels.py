"""The channels of the users, on the library's register."""

from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory
from django_eventstream import views

from live.process.channels import Channels, OwnChannelOnly, channel_of


class Listener:
    def __init__(self, user_id: Any) -> None:
        self.channels = {channel_of(user_id)}


def test_a_user_is_found_by_the_channel_of_their_key() -> None:
    channels: Channels[Listener] = Channels()
    mine, other = Listener(5), Listener(6)
    channels.open(mine)
    channels.open(other)
    assert (channels.listener(5), channels.listener("6"), channels.listener(7)) == (
        mine, other, None,
    )  # fmt: skip
    assert (len(channels), set(channels)) == (2, {mine, other})


def test_a_closed_channel_is_nobodys() -> None:
    channels: Channels[Listener] = Channels()
    mine = Listener(5)
    channels.open(mine)
    channels.close(mine)
    assert (channels.listener(5), len(channels), list(channels)) == (None, 0, [])


def test_the_channels_of_two_engines_never_meet() -> None:
    first: Channels[Listener] = Channels()
    second: Channels[Listener] = Channels()
    first.open(Listener(5))
    assert second.listener(5) is None
    assert "user-5" not in views.get_listener_manager().listeners_by_channel


def test_the_librarys_redis_is_not_started(settings: Any) -> None:
    settings.EVENTSTREAM_REDIS = {"host": "127.0.0.1", "port": 1}
    channels: Channels[Listener] = Channels()
    channels.open(Listener(5))  # the library's own would start a task for it here
    assert channels.listener(5) is not None


def test_the_librarys_own_views_give_a_user_their_channel_only() -> None:
    rule, request = OwnChannelOnly(), RequestFactory().get("/")
    request.user = alice = User(pk=5, is_active=True)
    assert rule.get_channels_for_request(request, {}) == {"user-5"}
    assert rule.can_read_channel(alice, "user-5") and not rule.can_read_channel(alice, "user-6")
    request.user = AnonymousUser()
    assert rule.get_channels_for_request(request, {}) == set()
    assert not rule.can_read_channel(None, "user-5")
