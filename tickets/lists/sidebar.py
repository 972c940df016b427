"""The lists beside a page, each with the number of its tickets."""

from dataclasses import dataclass
from typing import Any

from tickets.board import Filters
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
    def of(cls, user: Any, *, listed: Filters | None = None, max_age: float = 0) -> "Sidebar":
        """With the number of tickets in that list too. All were counted at most `max_age` seconds
        ago."""
        queues = list(served_queues(user))
        sections = navigation(user, queues)
        counts = count(user, _links(sections), listed=listed, max_age=max_age)
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
