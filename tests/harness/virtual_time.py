"""A loop whose clock goes on only while nothing is to be done, and then at once to what comes next.

What waits for seconds takes none, and how busy the machine is changes no time that a test reads.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """For what stays within the loop: a thread or a socket lives by the clock on the wall."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self._now

    def skip(self, seconds: float) -> None:
        self._now += seconds


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Without a timeout nothing in the loop would ever go on by itself."""
        assert timeout is not None, "the loop waits for something outside of it"
        self._loop.skip(max(0.0, timeout))
        return super().select(0)


def run(main: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)
