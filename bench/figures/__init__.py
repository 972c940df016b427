"""What is measured, in this order; each module declares its figures and measures them."""

from bench.figures import connects, crash, deliveries, idle
from bench.suite import Measured

MODULES: tuple[Measured, ...] = (idle, connects, deliveries, crash)


def name_of(module: Measured) -> str:
    return module.__name__.rpartition(".")[2]
