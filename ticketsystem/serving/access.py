"""Daphne's access log goes the way of all other lines, so that LOG_FORMAT is true for it too.

Daphne prints its lines itself, in a form of their own. Only what it would print on standard output
comes here: with `--access-log FILE` it writes that file as before, with `-v 0` it writes nothing.
"""

import logging
import sys
from typing import Any

logger = logging.getLogger(__name__)


def into_the_log() -> None:
    """To be called before Daphne makes its server. Under other servers this does nothing."""
    access: Any = sys.modules.get("daphne.access")
    if access is None:
        return
    write_to_file = access.AccessLogGenerator.write_entry

    def write_entry(
        self: Any, host: str | None, date: Any, request: str, status: Any = None,
        length: Any = None, **more: Any,
    ) -> None:  # fmt: skip
        if self.stream is not sys.stdout:
            write_to_file(self, host, date, request, status, length, **more)
        else:
            logger.info('%s "%s" %s %s', _address(host), request, status or "-", length or "-")

    access.AccessLogGenerator.write_entry = write_entry


def _address(host: str | None) -> str:
    """Without the port. Of a client behind a proxy Daphne knows none, and writes port 0."""
    return host.rpartition(":")[0] if host else "-"
