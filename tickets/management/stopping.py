"""Commands that run until they are told to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def told_to_stop() -> Iterator[Event]:
    """Inside, Ctrl-C and SIGTERM only set the event: what is under way is finished first."""
    stop = Event()

    def tell(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {one: signal.signal(one, tell) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
