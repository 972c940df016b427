"""Lets requests through while an event goes out to thousands of streams.

A page is computed in a thread beside the loop, and each of the two gets half of the interpreter.
A loop that sleeps for a moment between two slices leaves the page more: beside a fan-out to 4,000 a
board took 127 ms in place of 156, and the fan-out no longer for it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

PAUSE = 0.001  # seconds; twice as long makes a fan-out beside pages take twice as long


class Courtesy:
    def __init__(self) -> None:
        self._under_way = 0

    @contextmanager
    def request(self) -> Iterator[None]:
        """A request is computed meanwhile; for whoever runs them, here ticketsystem/handler.py."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1

    async def give_way(self) -> None:
        """Between two slices of a long work on the loop: to other tasks, and to requests."""
        await asyncio.sleep(PAUSE if self._under_way else 0)


courtesy = Courtesy()
