"""Each message of messages/ is read as expected.json says."""

import pytest

from tests.tickets.inbox.fixtures import EXPECTED, MESSAGES, NAMES, raw, storable, told
from tickets.inbox.message import Received
from tickets.inbox.reading import read


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_read_as_it_was_meant(name: str) -> None:
    asked = {"kind": "letter", **EXPECTED[name]}

    received = read(raw(name))

    assert told(received, asked) == asked
    assert storable(vars_of(received))


def test_there_are_a_hundred_messages_and_each_is_expected() -> None:
    assert len(NAMES) >= 100
    assert sorted(file.stem for file in MESSAGES.glob("*.eml")) == NAMES


def vars_of(received: Received) -> list[object]:
    return [*vars(received).values(), *vars(received.sender).values()]
