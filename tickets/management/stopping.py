"""For commands that run long: Ctrl-C or SIGTERM lets them finish what they are doing, and end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def told_to_stop() -> Iterator[Event]:
    """Inside, Ctrl-C and SIGTERM do not end the process but set this event. The command looks at
    it when it has finished a piece of its work."""
    stop = Event()

    def tell(number: int, frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
