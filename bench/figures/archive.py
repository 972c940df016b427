"""A help desk after years: what it costs to search it, and to look at its longest ticket."""

import time
from contextlib import ExitStack
from statistics import median
from urllib.parse import quote_plus

from bench.peers import OURS
from bench.postgres import Postgres
from bench.results import Figure, at_most
from bench.servers import Server, Site
from bench.suite import Bench
from bench.worker import Worker

TICKETS, QUICK_TICKETS = 100_000, 5_000
COMMENTS = 2  # of each ticket
ENTRIES, QUICK_ENTRIES = 10_000, 300  # comments of the longest ticket, and as many changes
CHARACTERS = 50_000  # of each of these
SECONDS = 4  # of looking, one page after the other
DATABASES = ("PostgreSQL", "SQLite")
TO_FILL = 1800  # seconds

SEARCHES = {
    "a word of ten tickets": "{rare}",
    "three words together": "{frequent} {rare} {other}",
    "a word of every tenth ticket": "{frequent}",
    "two letters": "{other:.2}",
}
WITHIN = {"a word of ten tickets", "three words together", "a word of every tenth ticket"}
SEARCHED = "search: ms for {} on {}"
PAGE = "longest ticket: ms for its page on {}"

FIGURES = (
    *(
        Figure(
            SEARCHED.format(search, database),
            f"GET of the API's list with `q`, in {TICKETS:,} tickets (quick: {QUICK_TICKETS:,})"
            f" with {COMMENTS} comments each; the median of {SECONDS} s."
            + (" A trigram has three letters, so no index helps." if search not in WITHIN else ""),
            at_most(100, full_size=True) if database == "PostgreSQL" and search in WITHIN else (),
        )
        for database in DATABASES
        for search in SEARCHES
    ),
    *(
        Figure(
            PAGE.format(database),
            f"GET of the page of a ticket with {ENTRIES:,} comments and as many changes (quick:"
            f" {QUICK_ENTRIES}), each of {CHARACTERS:,} characters.",
            at_most(300, full_size=True),
        )
        for database in DATABASES
    ),
)


def measure(bench: Bench) -> None:
    if OURS not in bench.peers:
        return
    for database in DATABASES:
        below = bench.folder / f"archive-{database}"
        below.mkdir()
        with ExitStack() as stack:
            environment = {}
            if database == "PostgreSQL":
                environment["DATABASE_URL"] = stack.enter_context(Postgres(below)).url
            _measure(bench, database, Site(OURS, below, 1, 1, **environment))


def _measure(bench: Bench, database: str, site: Site) -> None:
    tickets = QUICK_TICKETS if bench.quick else TICKETS
    entries = QUICK_ENTRIES if bench.quick else ENTRIES
    with site.worker("bench.archive") as archive:
        words = archive.ask("fill", TO_FILL, tickets=tickets, comments=COMMENTS, queue=site.wide)
    bench.say(f"archive: {tickets:,} tickets are made on {database}")
    pages = {
        f"/api/tickets/?q={quote_plus(asked.format(**words))}": SEARCHED.format(search, database)
        for search, asked in SEARCHES.items()
    }
    look(bench, site, pages)
    with site.worker("bench.archive") as archive:
        archive.ask("lengthen", TO_FILL, ticket=1, entries=entries, characters=CHARACTERS)
    look(bench, site, {"/tickets/1/": PAGE.format(database)})


def look(bench: Bench, site: Site, pages: dict[str, str]) -> None:
    """Look at each page for some seconds, and note how long one took."""
    with Server(site) as server, Worker("bench.visitor") as visitor:
        for page, figure in pages.items():
            visitor.ask("start", port=server.port, sessions=site.sessions, pages=[page])
            time.sleep(SECONDS)
            visits = visitor.ask("stop", SECONDS + 60)
            if refused := {status for *_, status in visits} - {200}:
                raise RuntimeError(f"{page} was answered {refused}")
            bench.results.add(figure, OURS.name, median(visit[2] for visit in visits) * 1000)
            bench.say(f"{figure}: {bench.results.median(figure, OURS.name):.0f}")
