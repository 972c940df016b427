"""The deploy at its hardest: the server is killed, and everybody comes back in the same moment."""

from typing import Any

from bench import machine
from bench.peers import OURS
from bench.percentiles import percentile
from bench.results import Figure, at_most
from bench.servers import Server, Site
from bench.suite import Bench
from bench.worker import Worker

STREAMS, QUICK_STREAMS = 4_000, 200
CHANGES = 20
PAUSE = 0.1  # seconds between two of them: some while nobody listens, some while all come back
PATIENCE = 90  # seconds
AFTERWARDS = 2  # seconds in which nothing more may come
VISITORS = 4
PAGES = ["/", "/api/tickets/", "/healthz"]

FIGURES = (
    Figure(
        "storm: s until all are back",
        f"{STREAMS:,} streams (quick: {QUICK_STREAMS}) are cut by kill -9, {CHANGES} changes are"
        " saved by another process meanwhile, the server is started again, and all clients connect"
        " in the moment it listens: from then until each is open and has exactly the events it"
        " missed, in order; anything else fails the figure.",
        at_most(8, full_size=True),
    ),
    Figure(
        "storm: s CPU until all are back",
        "What the server spends from the moment it listens, the answers to these people included.",
    ),
    Figure(
        "storm: answers other than 200",
        "To these clients; a connect that is refused while nobody listens is tried again and is"
        " no answer.",
        at_most(0),
    ),
    Figure(
        "storm: ms until a page is answered, p99",
        f"Board, list and health asked for by {VISITORS} people without a pause while the streams"
        " come back, the opening of their connection included.",
        at_most(1_000),
    ),
    Figure("storm: pages that failed", "Of these, with any answer other than 200.", at_most(0)),
)


def measure(bench: Bench) -> None:
    if OURS not in bench.peers:
        return
    site = bench.site(OURS, QUICK_STREAMS if bench.quick else STREAMS)
    for _ in range(bench.rounds):
        Storm(site, bench).run()


class Storm:
    def __init__(self, site: Site, bench: Bench) -> None:
        self.site = site
        self.bench = bench

    def run(self) -> None:
        with (
            Server(self.site) as server,
            Worker("bench.crowd") as crowd,
            Worker("bench.visitor") as visitor,
            self.site.worker("bench.changes") as saver,
        ):
            streams = [(server.port, session) for session in self.site.sessions]
            crowd.ask("open", 130, streams=streams, witnesses=len(streams), seconds=120)
            sessions = self.site.sessions[:VISITORS]
            visitor.ask("start", port=server.port, sessions=sessions, pages=PAGES)
            server.kill()
            # Only now: a dying process closes its streams before the socket it listens at.
            crowd.tell("follow", events=CHANGES, seconds=PATIENCE, afterwards=AFTERWARDS,
                       comes_back=True)  # fmt: skip
            saver.tell("create", queue=self.site.wide, changes=CHANGES, pause=PAUSE)
            server.start()
            spent = machine.cpu_seconds(server.pid)
            committed = saver.answer()
            returned = crowd.answer(PATIENCE + AFTERWARDS + 30)
            spent = machine.cpu_seconds(server.pid) - spent
            visits = visitor.ask("stop", 60)
        self._judge(returned, committed)
        self._record(returned, visits, spent)

    def _judge(self, returned: dict[str, Any], committed: list[Any]) -> None:
        """Each has each change once, in the order of the log; else there is no figure."""
        streams = len(self.site.sessions)
        whole_story = [[streams, [[ticket, version] for ticket, version, _ in committed]]]
        if returned["open"] != streams or returned["told"] != whole_story:
            counts = {name: returned[name] for name in ("open", "answers", "frames", "events")}
            raise RuntimeError(f"not all {streams} have exactly what they missed: {counts}")
        if returned["disorder"] or len(returned["last_ids"]) != 1:
            raise RuntimeError(f"{returned['disorder']} events came after a later one")

    def _record(self, returned: dict[str, Any], visits: list[Any], spent: float) -> None:
        began, ended = returned["listens_since"], returned["done_at"]
        answers = {int(status): count for status, count in returned["answers"].items()}
        meanwhile = [visit for visit in visits if began <= visit[1] <= ended]
        waits = [seconds * 1000 for _, _, seconds, status in meanwhile if status == 200]
        figures = {
            "storm: s until all are back": ended - began,
            "storm: s CPU until all are back": spent,
            "storm: answers other than 200": sum(answers.values()) - answers.get(200, 0),
            "storm: ms until a page is answered, p99": percentile(waits, 99),
            "storm: pages that failed": len(meanwhile) - len(waits),
        }
        for figure, value in figures.items():
            self.bench.results.add(figure, OURS.name, value)
        self.bench.say(
            f"storm: all {returned['open']:,} are back after {ended - began:.1f} s,"
            f" {len(waits)} pages meanwhile, the slowest after {max(waits):.0f} ms"
        )
