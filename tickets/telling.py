"""Tells of a change on a ticket: open pages by the stream, and other systems by webhooks.

Both are written in the transaction of the change, so they stand or fall with it.
"""

from collections.abc import Collection
from typing import Any

import live
from tickets.webhooks import writing


def tell(event: str, data: dict[str, Any], audience: Collection[str], **moved: Any) -> None:
    """`moved` is what `live.publish()` takes of a change by which a ticket leaves the sight of some
    and enters that of others: `before`, `entered`, `left`."""
    live.publish(event, data, audience, **moved)
    writing.keep(event, data, audience, **moved)
