"""The two pages on which an agent spends the day: what the server takes for each."""

from contextlib import ExitStack

from bench.figures.archive import DATABASES, TO_FILL, look
from bench.peers import OURS
from bench.postgres import Postgres
from bench.results import Figure, at_most
from bench.servers import Site
from bench.suite import Bench

TICKETS = 5_000
ENTRIES = 60  # comments of the ticket, and as many changes: twice what its page shows at once
CHARACTERS = 400  # of each of these

PAGES = {
    "a board": ("/?status=all", f"GET of a board of 50 rows with {TICKETS:,} visible tickets."),
    "a ticket": (
        "/tickets/1/",
        f"GET of a ticket with {ENTRIES} comments and as many changes, of {CHARACTERS} characters.",
    ),
}
TAKEN = "workday: ms for {} on {}"

FIGURES = tuple(
    Figure(TAKEN.format(page, database), f"{says} One agent, without a pause.", at_most(120))
    for database in DATABASES
    for page, (_, says) in PAGES.items()
)


def measure(bench: Bench) -> None:
    if OURS not in bench.peers:
        return
    for database in DATABASES:
        below = bench.folder / f"workday-{database}"
        below.mkdir()
        with ExitStack() as stack:
            environment = {}
            if database == "PostgreSQL":
                environment["DATABASE_URL"] = stack.enter_context(Postgres(below)).url
            site = Site(OURS, below, 1, 1, **environment)
            with site.worker("bench.archive") as archive:
                archive.ask("fill", TO_FILL, tickets=TICKETS, comments=2, queue=site.wide)
                archive.ask("lengthen", TO_FILL, ticket=1, entries=ENTRIES, characters=CHARACTERS)
            pages = {path: TAKEN.format(page, database) for page, (path, _) in PAGES.items()}
            look(bench, site, pages)
