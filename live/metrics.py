"""What this process counts, for Prometheus. Each process has its own; /metrics gives them out.

https://prometheus.io/docs/practices/naming/
"""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

registry = CollectorRegistry()
# What a project looks up when somebody asks, to set gauges of its own. Each is called with whether
# the database answers at the moment: a page of numbers must not wait for one that does not.
measures: list[Callable[[bool], None]] = []
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)

streams = Gauge("live_streams", "Streams open now", ["kind"], registry=registry)
users = Gauge("live_users", "Users with a stream open now", registry=registry)
answers = Counter(
    "live_stream_answers", "Answers to requests for a stream, by status", ["status"],
    registry=registry,
)  # fmt: skip
resumes = Counter(
    "live_resumes", "Streams opened, by where what they missed came from", ["source"],
    registry=registry,
)  # fmt: skip
resets = Counter("live_resets", "Resets sent, by reason", ["reason"], registry=registry)
deliveries = Counter("live_deliveries", "Events handed to users' channels", registry=registry)
goodbyes = Counter(
    "live_goodbyes", "Streams ended by this side, by reason", ["reason"], registry=registry
)
lag = Histogram(
    "live_lag_seconds", "From the writing of an event to its delivery here",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30), registry=registry,
)  # fmt: skip
relay_age = Gauge(
    "live_relay_age_seconds", "Since the log was last read; more than two polls is trouble",
    registry=registry,
)  # fmt: skip
position = Gauge(
    "live_position", "Log position this process has delivered up to", registry=registry
)
rings_failed = Counter(
    "live_rings_failed", "Rings of the bell that were not sent, or did not come back to their own "
    "process", registry=registry,
)  # fmt: skip
bell_heard_age = Gauge(
    "live_bell_heard_age_seconds", "Since this process last heard a ring of its own; NaN where "
    "nothing carries the bell", registry=registry,
)  # fmt: skip
