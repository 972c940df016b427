"""This measures the live stream beside other ways to do it, in one run on one machine.

Below the table each figure says what it measures. It needs Linux and two cores or more: the server
has one, the load the other. Ratios say more than digits: the machine is yours, the distances are
ours.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bench import machine
from bench.commands import nchan_is_installed
from bench.figures import MODULES, name_of
from bench.peers import NCHAN, PEERS
from bench.report import LATEST, Report
from bench.results import Results
from bench.suite import Bench
from bench.table import table

TRIAL = LATEST.parent / "trial" / LATEST.name

EXAMPLES = """\
python -m bench                                  everything, in 50 minutes
python -m bench --quick                          few streams and one round: does it still work?
python -m bench --figures deliveries --peers ours bare-daphne

A full run is written to bench/results/latest.json, with the plots of the README beside it; a trial
run, which is a quick one or one of some figures, to bench/results/trial/. Exit status 1: a goal was
missed, or a figure could not be measured; what was measured is written all the same.
"""


def main() -> int:
    options = parse_options()
    machine.raise_file_limit()
    machine.pin(0, core=-1)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    modules = [module for module in MODULES if name_of(module) in options.figures]
    results = Results.of(
        (figure for module in modules for figure in module.FIGURES), full_size=not options.quick
    )
    chosen = [peer for peer in PEERS if peer.name in options.peers]
    skipped = [peer.name for peer in chosen if peer is NCHAN and not nchan_is_installed()]
    report = Report(results, options, skipped)
    if skipped:
        report.say("nchan is skipped: Debian's nginx and libnginx-mod-nchan are not installed")
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        peers = tuple(peer for peer in chosen if peer.name not in skipped)
        bench = Bench(Path(folder), results, report.say, options.quick, options.rounds, peers)
        try:
            for module in modules:
                if not report.measure(module, bench):
                    break
        finally:
            bench.end()
    print(table(results))
    report.write()
    return 1 if report.failures or results.missed() else 0


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    figures, peers = [name_of(module) for module in MODULES], [peer.name for peer in PEERS]
    parser.add_argument("--quick", action="store_true", help="small sizes, one round; goals that "
                        "only hold at full size are not judged")  # fmt: skip
    parser.add_argument("--figures", nargs="+", metavar="NAME", choices=figures, default=figures,
                        help="some of: %(choices)s")  # fmt: skip
    parser.add_argument("--peers", nargs="+", metavar="NAME", choices=peers, default=peers,
                        help="some of: %(choices)s")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=1, help="fresh servers of each peer (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the results are written, "
                        "and the plots beside them")  # fmt: skip
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error("--rounds must be 1 or more")
    whole = not options.quick and (options.figures, options.peers) == (figures, peers)
    if options.json is None:
        options.json = LATEST if whole else TRIAL
    return options


if __name__ == "__main__":
    sys.exit(main())
