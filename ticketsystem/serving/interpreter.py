"""Settings of the Python interpreter for a server: how often threads take turns, and how often
garbage is collected. Python's defaults are made for programs that compute and end."""

import gc
import sys

# Seconds until a thread that computes hands over to one that waits; Python's 5 ms are made for
# threads that all compute. The event loop waits at every write: while a page was rendered beside
# it, the last of 1,000 clients had its event after 134 and 168 ms, so after 86 and 119: measured
# once, by hand.
SWITCH = 0.0005

# How many more objects than before until garbage is looked for among the young ones, then how many
# such looks until the older ones are looked at too. A look at all of them, with 4,000 streams open,
# takes 250 to 500 ms in which nothing else runs, and Python's 700, 10, 10 have it done every few
# seconds: measured once, by hand. bench/figures/endurance.py shows that nothing piles up meanwhile.
GARBAGE = (20_000, 10, 10)


def tune() -> None:
    """To be called when a server begins to serve. A command or a test that only imports the
    application keeps Python's settings. All that is imported by now stays for ever, so the garbage
    collector leaves it out (freeze).
    """
    sys.setswitchinterval(SWITCH)
    gc.set_threshold(*GARBAGE)
    gc.collect()
    gc.freeze()
