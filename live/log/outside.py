"""Rings of a process without an engine, such as a shell, a command or a worker: nothing there could
carry them later, so the saver does it, after its commit."""

import logging
import time

from live import metrics
from live.log.carrier import GAP, Carrier

logger = logging.getLogger(__name__)

PAUSE_AFTER_FAILURE = 5.0  # seconds in which it is not tried again


class Outside:
    def __init__(self, carrier: type[Carrier]) -> None:
        self._carrier = carrier
        self._silent_until = 0.0

    def ring(self) -> None:
        """Ring, unless that was just done: who hears a ring looks a second time for what follows
        within the gap. A command that saves thousands of rows rings for few of them."""
        now = time.monotonic()
        if now < self._silent_until or not self._carrier.is_there():
            return
        self._silent_until = now + GAP
        try:
            self._carrier.send_once("")
        except Exception as error:
            self._silent_until = time.monotonic() + PAUSE_AFTER_FAILURE
            metrics.rings_failed.inc()
            logger.warning("%s carries no ring, events wait for the next poll: %s",
                           self._carrier.name, type(error).__name__)  # fmt: skip
