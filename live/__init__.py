"""How a committed change reaches a browser. Knows nothing of tickets.

The face of the app; a project that uses it needs no other name:

* `publish()` writes an event into the log, in the transaction of the change it tells of;
* `head()` is the position of the newest event, to be read before a page's data;
* `access_changed()` says that a user sees more or less from here on.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from live.log import access_changed, head, publish

__all__ = ["access_changed", "head", "publish"]


def __getattr__(name: str) -> Any:
    # Django imports this package before its models may be imported: look the face up when used.
    if name in __all__:
        return getattr(import_module("live.log"), name)
    raise AttributeError(f"module 'live' has no attribute {name!r}")
