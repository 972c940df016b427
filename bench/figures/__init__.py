"""What is measured, in this order; each module declares its figures and measures them."""

from bench.figures import (
    archive,
    bell,
    bounds,
    burst,
    connects,
    crash,
    deliveries,
    endurance,
    growth,
    idle,
    latency,
    pages,
    storm,
    sustained,
    workday,
)
from bench.suite import Measured

MODULES: tuple[Measured, ...] = (
    idle, connects, deliveries, latency, bell, burst, growth, pages, storm, sustained, archive,
    workday, bounds, crash, endurance,
)  # fmt: skip


def name_of(module: Measured) -> str:
    return module.__name__.rpartition(".")[2]
