"""What is measured, in this order; each module declares its figures and measures them."""

from bench.figures import (
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
)
from bench.suite import Measured

MODULES: tuple[Measured, ...] = (
    idle, connects, deliveries, latency, burst, growth, pages, storm, sustained, crash, endurance,
)  # fmt: skip


def name_of(module: Measured) -> str:
    return module.__name__.rpartition(".")[2]
