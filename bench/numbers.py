"""Measures the live stream beside the plain recipe and a bare Daphne, in one run.

Memory, threads and database connections of idle streams; the way of one POST to all its agents;
CPU per delivered event; and what a client misses while the server crashes again and again.
Linux, two cores or more: the server has one, the load the other. Ratios say more than digits.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from bench import machine
from bench.crash import CrashRun
from bench.measures import Round
from bench.peers import PEERS
from bench.results import Results
from bench.servers import Site

FULL_SIZE = 1000  # streams; with fewer, goals are not judged
LATEST = Path(__file__).parent / "results" / "latest.json"


def main() -> int:
    options = parse_options()
    began = time.monotonic()
    files, needed = machine.raise_file_limit(), 4 * options.streams + 100
    if files < needed:  # for each stream the recipe holds a socket and SQLite's three files
        sys.exit(f"{files} open files are too few: ulimit -n must be {needed} or more.")
    machine.pin(0, core=-1)
    described = machine.description()
    results = Results(full_size=options.streams >= FULL_SIZE)

    def say(sentence: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {sentence}", file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        peers = [peer for peer in PEERS if peer.name in options.only]
        sites = []
        for peer in peers:
            say(f"{peer.name}: {options.streams} agents are made")
            sites.append(Site(peer, Path(folder), options.streams, options.agents))
        for number in range(1, options.rounds + 1):
            for site in sites:
                say(f"round {number} of {options.rounds}: {site.peer.name}")
                Round(site, options.agents, results, say).run()
        if options.kills:
            CrashRun(Path(folder), results, say).run(options.kills)

    print(results.table())
    report = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": described | {"load_at_end": round(os.getloadavg()[0], 2)},
        "options": vars(options) | {"json": str(options.json.name)},
        "figures": results.as_json(),
    }
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    for figure in results.missed():
        say(f"goal missed: {figure}")
    return 1 if results.missed() else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.numbers", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="Exit status 1: a goal was missed.",
    )  # fmt: skip
    names = [peer.name for peer in PEERS]
    parser.add_argument("--quick", action="store_true", help="200 streams, 1 round, 2 kills")
    parser.add_argument("--streams", type=int, help="idle streams, each of one user (1000)")
    parser.add_argument("--agents", type=int, help="of them in the queue of the POST (half)")
    parser.add_argument("--rounds", type=int, help="fresh servers of each (3)")
    parser.add_argument("--kills", type=int, help="of the crash run; 0 leaves it out (6)")
    parser.add_argument("--only", nargs="+", metavar="PEER", choices=names, default=names,
                        help="some of: %(choices)s")  # fmt: skip
    parser.add_argument("--json", type=Path, default=LATEST, help=f"({LATEST.name})")
    options = parser.parse_args()
    usual = {"streams": 200, "rounds": 1, "kills": 2} if options.quick else {
        "streams": FULL_SIZE, "rounds": 3, "kills": 6}  # fmt: skip
    for name, value in usual.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.agents is None:
        options.agents = options.streams // 2
    if not 1 <= options.agents <= options.streams:
        parser.error("--agents must be from 1 to the number of streams")
    return options


if __name__ == "__main__":
    sys.exit(main())
