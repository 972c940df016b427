"""A worker is a helper in a process of its own: one line of JSON asks, one line of JSON answers.

A program that puts load on a server must not share its interpreter, and each Django project needs a
process of its own.
"""

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from bench.machine import pin
from tests.harness.processes import ROOT


class Worker:
    """`with Worker("bench.load") as load: load.ask("open", 30, port=8000, …)`"""

    def __init__(self, module: str, environment: dict[str, str] | None = None) -> None:
        self.module = module
        self._unread = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        pin(self._process.pid, core=-1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.end()

    @property
    def pid(self) -> int:
        return self._process.pid

    def end(self) -> None:
        self._process.kill()
        self._process.wait(20)

    def ask(self, what: str, within: float = 60, **details: Any) -> Any:
        self.tell(what, **details)
        return self.answer(within)

    def tell(self, what: str, **details: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"what": what, **details}).encode() + b"\n")
        self._process.stdin.flush()

    def answer(self, within: float = 60) -> Any:
        assert self._process.stdout is not None
        deadline = time.monotonic() + within
        while b"\n" not in self._unread:
            left = max(0, deadline - time.monotonic())
            ready, _, _ = select.select([self._process.stdout], [], [], left)
            received = os.read(self._process.stdout.fileno(), 1 << 20) if ready else b""
            if not received:
                fate = "has ended" if ready else f"gave no answer within {within:.0f} s"
                raise RuntimeError(f"{self.module} {fate}")
            self._unread += received
        line, _, self._unread = self._unread.partition(b"\n")
        return json.loads(line)


def serve(**actions: Callable[..., Any]) -> None:
    """This is the worker's side: answer each line with what the action of that name returns."""
    for line in sys.stdin:
        details = json.loads(line)
        answer = actions[details.pop("what")](**details)
        print(json.dumps(answer), flush=True)
