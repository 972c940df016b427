"""The channels of the users, on the library's register."""

from collections.abc import Iterator
from typing import Any

import pytest
from django_eventstream import views
from django_eventstream.event import Event

from live import channels

FRAME = b"id: 7\nevent: ticket.created\ndata: {}\n\n"
Received = list[tuple[bytes, int]]


@pytest.fixture
def received() -> Received:
    return []


@pytest.fixture
def listener(received: Received) -> Iterator[channels.UserListener]:
    opened = channels.open_channel(5, lambda frame, position: received.append((frame, position)))
    yield opened
    channels.close_channel(opened)


def test_what_is_sent_to_a_channel_is_taken_at_once(
    listener: channels.UserListener, received: Received
) -> None:
    for position in range(1, 31):  # the library's own queue holds ten
        channels.send(listener, FRAME, position)
    assert received == [(FRAME, position) for position in range(1, 31)]


def test_other_channels_hear_nothing_of_it(
    listener: channels.UserListener, received: Received
) -> None:
    other: Received = []
    elsewhere = channels.open_channel(6, lambda frame, position: other.append((frame, position)))
    channels.send(listener, FRAME, 7)
    channels.close_channel(elsewhere)
    assert (len(received), other) == (1, [])


def test_a_closed_channel_takes_nothing(received: Received) -> None:
    closed = channels.open_channel(5, lambda frame, position: received.append((frame, position)))
    channels.close_channel(closed)
    channels.send(closed, FRAME, 7)
    assert received == []
    assert "user-5" not in views.get_listener_manager().listeners_by_channel


def test_the_library_finds_the_channel_under_the_users_name(
    listener: channels.UserListener, received: Received
) -> None:
    views.get_listener_manager().add_to_queues("user-5", Event("user-5", "", FRAME, 7))
    assert received == [(FRAME, 7)]
    views.get_listener_manager().kick(5, "user-5")  # our streams end by the log, not by this
    assert received == [(FRAME, 7)]


def test_a_listener_of_the_librarys_views_hinders_nobody(
    listener: channels.UserListener, received: Received
) -> None:
    class Foreign:
        channels = frozenset({"user-5"})
        channel_items: dict[str, Any] = {}

    foreign: Any = Foreign()
    views.get_listener_manager().add_listener(foreign)
    try:
        channels.send(listener, FRAME, 7)
    finally:
        views.get_listener_manager().remove_listener(foreign)
    assert received == [(FRAME, 7)]
