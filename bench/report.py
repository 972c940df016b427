"""A run is told while it happens, and written down when it ends, however it ends."""

import argparse
import json
import os
import sys
import time
import traceback
from datetime import datetime
from pathlib import Path

from bench import machine, plots, readme
from bench.figures import name_of
from bench.results import Results
from bench.suite import Bench, Measured

LATEST = Path(__file__).parent / "results" / "latest.json"


class Report:
    def __init__(self, results: Results, options: argparse.Namespace, skipped: list[str]) -> None:
        self.results = results
        self.options = options
        self.skipped = skipped  # peers that are not installed
        self.failures: dict[str, str] = {}  # by figure
        self.machine = machine.description()
        self._began = time.monotonic()

    def say(self, sentence: str) -> None:
        seconds = time.monotonic() - self._began
        print(
            f"{datetime.now():%H:%M:%S} {seconds:5.0f} s  {sentence}", file=sys.stderr, flush=True
        )

    def measure(self, module: Measured, bench: Bench) -> bool:
        """Measure a figure, and return whether to go on: a failure costs only its own figure, an
        interruption ends the run."""
        name = name_of(module)
        self.say(f"--- {name}")
        try:
            module.measure(bench)
        except KeyboardInterrupt:
            self._note(name, "interrupted")
            return False
        except Exception as error:
            traceback.print_exc()
            self._note(name, f"{type(error).__name__}: {error}")
        return True

    def write(self) -> None:
        report = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "seconds": round(time.monotonic() - self._began),
            "machine": self.machine | {"load_at_end": round(os.getloadavg()[0], 2)},
            "options": vars(self.options) | {"json": self.options.json.name},
            "skipped": self.skipped,
            "failures": self.failures,
            "missed": self.results.missed(),
            "figures": self.results.as_json(),
        }
        self.options.json.parent.mkdir(parents=True, exist_ok=True)
        self.options.json.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        plots.draw(report, self.options.json.parent)
        if self.options.json == LATEST:
            readme.update(report)
        for missed in self.results.missed():
            self.say(f"goal missed: {missed}")
        for figure, reason in self.failures.items():
            self.say(f"not measured to its end: {figure}: {reason}")
        self.say(f"written to {self.options.json}")

    def _note(self, figure: str, reason: str) -> None:
        self.failures[figure] = reason
        self.say(f"{figure} failed: {reason}")
