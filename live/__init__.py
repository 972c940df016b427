"""How a committed change reaches a browser. This app knows nothing of tickets.

A project's code that tells changes needs these names and no others; what it sets up once, in its
settings and templates, is in docs/live-in-your-project.md:

* `publish()` writes an event into the log, in the transaction of the change it tells of; of events
  that are `passing` a matter, a backlog holds only the newest, and none older than a minute;
* `head()` is the position of the newest event, to be read before a page's data;
* `access_changed()` says that a user sees more or less from here on;
* `reload()` has open pages load their data afresh, where no other event can tell what changed;
* `Observed` is a base for models of one's own that send the signal `changed` for every change made
  through the ORM; its receivers get a `Transition`;
* `observe()` has a model that one does not own send it too;
* `listens()` connects a function to Django's own signals of a model and of its proxies;
* `every()` has a function called again and again, in one server process at a time.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from live.log.reading import head
    from live.log.writing import access_changed, publish, reload
    from live.observed.base import Observed
    from live.observed.family import listens
    from live.observed.observe import observe
    from live.observed.transition import Transition, changed
    from live.process.timed import every

__all__ = [
    "Observed", "Transition", "access_changed", "changed", "every", "head", "listens", "observe",
    "publish", "reload",
]  # fmt: skip

FACE = {
    "access_changed": "live.log.writing",
    "head": "live.log.reading",
    "publish": "live.log.writing",
    "reload": "live.log.writing",
    "Observed": "live.observed.base",
    "listens": "live.observed.family",
    "Transition": "live.observed.transition",
    "changed": "live.observed.transition",
    "observe": "live.observed.observe",
    "every": "live.process.timed",
}


def __getattr__(name: str) -> Any:
    # Django imports this package before its models may be imported: look the face up when used.
    if name in FACE:
        return getattr(import_module(FACE[name]), name)
    raise AttributeError(f"module 'live' has no attribute {name!r}")
