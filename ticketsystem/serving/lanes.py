"""Which thread a request gets, and when, so that nobody and nothing takes all threads from others.

Each kind of request has threads of its own, its lane: a flood of searches leaves pages their
threads. Within a lane one visitor has only a few requests at work, and so has one ticket, whose
writers wait for each other's lock. What is above that waits in a queue of the visitor's own, and
what does not fit into the queue is refused with a 429.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any


class TooMany(Exception):
    """The request was not begun: as many of this visitor wait already as may."""


@dataclass(eq=False, slots=True)
class Turn:
    """A request that waits for a thread or has one. `names` are the visitor's, and the ticket's
    that it writes to: of each only a few may be at work."""

    visitor: str
    names: tuple[str, ...]
    work: Callable[[], Any]
    answer: asyncio.Future[Any] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Lane:
    """Threads for one kind of request, and who waits for them. Belongs to one event loop."""

    def __init__(
        self, name: str, *, threads: int, each: int, waiting: int, in_all: int = 1000
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._free = threads
        self._each = each  # requests of one visitor, or on one ticket, that are at work at once
        self._most_waiting = waiting  # requests of one visitor that wait for their turn
        self._most_in_all = in_all  # of all visitors together
        self._at_work: Counter[str] = Counter()
        self._waiting: list[Turn] = []

    def enter(self, visitor: str, work: Callable[[], Any], ticket: str = "") -> asyncio.Future[Any]:
        """What `work()` returns, in a thread of this lane, once it is this visitor's turn. Raises
        TooMany where they have too many waiting.

        A future that is cancelled before its turn takes the request out of the queue. What is at
        work is finished all the same.
        """
        turn = Turn(visitor, (visitor, ticket) if ticket else (visitor,), work)
        if self._may_begin(turn):
            self._begin(turn)
        else:
            self._queue(turn)
        return turn.answer

    def _may_begin(self, turn: Turn) -> bool:
        return self._free > 0 and all(self._at_work[name] < self._each for name in turn.names)

    def _queue(self, turn: Turn) -> None:
        self._waiting = [waiting for waiting in self._waiting if not waiting.answer.done()]
        own = sum(waiting.visitor == turn.visitor for waiting in self._waiting)
        if own >= self._most_waiting or len(self._waiting) >= self._most_in_all:
            raise TooMany
        self._waiting.append(turn)

    def _begin(self, turn: Turn) -> None:
        self._free -= 1
        self._at_work.update(turn.names)
        done = asyncio.get_running_loop().run_in_executor(self._threads, turn.work)
        done.add_done_callback(partial(self._finish, turn))

    def _finish(self, turn: Turn, done: asyncio.Future[Any]) -> None:
        self._free += 1
        self._at_work.subtract(turn.names)
        for name in turn.names:
            if not self._at_work[name]:
                del self._at_work[name]
        error = None if done.cancelled() else done.exception()
        if not turn.answer.done():
            if error is not None:
                turn.answer.set_exception(error)
            else:
                turn.answer.set_result(done.result())
        for waiting in self._next():
            self._begin(waiting)

    def _next(self) -> Iterator[Turn]:
        """Who may begin now. Whoever has the fewest requests at work goes first, and of these the
        one who has waited longest."""
        while self._free and self._waiting:
            self._waiting = [turn for turn in self._waiting if not turn.answer.done()]
            able = [turn for turn in self._waiting if self._may_begin(turn)]
            if not able:
                return
            turn = min(able, key=lambda turn: self._at_work[turn.visitor])
            self._waiting.remove(turn)
            yield turn
