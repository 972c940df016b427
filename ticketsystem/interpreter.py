"""Python, set for a server: its own settings are made for programs that compute and end."""

import gc
import sys

# Seconds until a thread that computes hands over to one that waits; Python's 5 ms are made for
# threads that all compute. The event loop waits at every write: while a page was rendered beside
# it, the last of 1,000 clients had its event after 134 and 168 ms, so after 86 and 119.
SWITCH = 0.0005

# How many more objects than before until garbage is looked for among the young ones, then how many
# such looks until the older ones are looked at too. All of them, with 4,000 streams open, take
# 250 to 500 ms in which nothing else runs: by Python's 700, 10, 10 every few seconds.
GARBAGE = (20_000, 10, 10)


def tune() -> None:
    """Once all is imported: that is never garbage."""
    sys.setswitchinterval(SWITCH)
    gc.set_threshold(*GARBAGE)
    gc.collect()
    gc.freeze()
