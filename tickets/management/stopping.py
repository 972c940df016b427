"""For commands that run long: Ctrl-C or SIGTERM lets them finish what they are doing, and end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


class Interrupted(Exception):
    """The command was told to stop while it waited for something."""


class Stop(Event):
    """Set when the command is told to stop. It looks at it when it has finished a piece of its
    work; inside `at_once()` it does not even wait for that."""

    def __init__(self) -> None:
        super().__init__()
        self._interrupts = False

    def tell(self) -> None:
        self.set()
        if self._interrupts:
            self._interrupts = False  # a second signal leaves alone what cleans up after the first
            raise Interrupted

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Inside, being told to stop raises Interrupted: for waiting, not for work."""
        self._interrupts = True
        try:
            if self.is_set():
                raise Interrupted
            yield
        finally:
            self._interrupts = False


@contextmanager
def told_to_stop() -> Iterator[Stop]:
    """Inside, Ctrl-C and SIGTERM do not end the process but set this event."""
    stop = Stop()

    def tell(number: int, frame: FrameType | None) -> None:
        stop.tell()

    before = {number: signal.signal(number, tell) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
