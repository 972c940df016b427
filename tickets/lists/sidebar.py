"""The lists beside a page, each with the number of its tickets."""

from dataclasses import dataclass
from typing import Any

from tickets.counters import Counts, count
from tickets.lists.navigation import Link, navigation
from tickets.models import Queue
from tickets.visibility import served_queues


@dataclass(frozen=True, slots=True)
class Sidebar:
    queues: list[Queue]  # whose tickets the user sees
    sections: dict[str, list[Link]]
    counts: Counts

    @classmethod
    def of(cls, user: Any, **how: Any) -> "Sidebar":
        """`how` says how old the numbers may be, and which list is counted too, as count() takes
        it."""
        queues = list(served_queues(user))
        sections = navigation(user, queues)
        counts = count(user, queues, _links(sections), **how)
        return cls(queues, sections, counts)

    @property
    def links(self) -> list[Link]:
        return _links(self.sections)

    def numbered(self) -> list[tuple[str, list[tuple[Link, int | None]]]]:
        """As the template takes it."""
        return [
            (heading, [(link, self.counts.by_link.get(link.key)) for link in links])
            for heading, links in self.sections.items()
        ]


def _links(sections: dict[str, list[Link]]) -> list[Link]:
    return [link for links in sections.values() for link in links]
