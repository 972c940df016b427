"""A percentile says how long all but the slowest wait."""

from collections.abc import Collection
from math import ceil


def percentile(values: Collection[float], percent: float) -> float:
    """The least value that so many percent of the values do not exceed; without values there is
    none."""
    if not values:
        raise ValueError("a percentile of nothing")
    return sorted(values)[ceil(len(values) * percent / 100) - 1]
