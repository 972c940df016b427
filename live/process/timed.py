"""Work that is done again and again, by one server process at a time.

`live.every(30, remind)` has `remind()` called every 30 seconds, in whichever server process comes
first. A claim in the database says when it was last called, by the database's clock: the clocks of
hosts differ. The claim, and all that the function writes, are one transaction:

* while it lasts no other process begins with this work, for the claim is locked;
* a process that dies takes its claim along, and another one does the work at once;
* a function that raises has written nothing. It is called again a period later.

Each process looks at a claim only when it will be due: that costs one short query per period, and
at least one a minute, for a clock may be put forward.
"""

import asyncio
import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from live.log.threads import DatabaseThreads
from live.models import Claim
from live.process.outage import Outage

LONGEST_PERIOD = 366 * 86400
LONGEST_NAME = 255
LONGEST_SLEEP = 60.0  # seconds until a claim is looked at again, at the latest
AGAIN = 1.0  # seconds until that where another process is at the work, and may die
SPREAD = 0.05  # of the wait: the first process that looks claims, and the others find it done
NEVER = datetime(1970, 1, 1, tzinfo=UTC)

# On PostgreSQL; they end with the transaction. On SQLite the busy timeout bounds the wait.
LIMITS = (
    "SELECT set_config('statement_timeout', '30s', true), set_config('lock_timeout', '5s', true)"
)


@dataclass(frozen=True)
class TimedWork:
    name: str  # of the function, with its module: all processes know it by this
    seconds: float
    function: Callable[[], Any]
    outage: Outage = field(compare=False)


_registered: dict[str, TimedWork] = {}


def every(seconds: float, function: Callable[[], Any]) -> None:
    """Have the function called every so many seconds, in one server process at a time.

    To be said in `AppConfig.ready()`, of a function of a module that takes nothing. It runs in a
    transaction of its own, in which PostgreSQL allows a statement 30 seconds and a lock 5; it
    should be done within its period, a part at a time where there is much to do.
    """
    name = _name_of(function)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"live.every() of {name} takes a number of seconds, not {seconds!r}.")
    if not 1 <= seconds <= LONGEST_PERIOD:
        raise ValueError(
            f"live.every() of {name} takes from 1 to {LONGEST_PERIOD:,} seconds, not {seconds!r}."
        )
    known = _registered.get(name)
    if known and known.seconds != seconds:
        raise ValueError(
            f"live.every() of {name} was called before, with {known.seconds:g} seconds and not"
            f" {seconds:g}: a function has one period."
        )
    outage = Outage(f"{name} failed and is tried again", f"{name} works again")
    _registered[name] = TimedWork(name, seconds, function, outage)


def _name_of(function: Callable[[], Any]) -> str:
    """The function's dotted name, or a sentence why it cannot be called by one."""
    if not inspect.isfunction(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"live.every() takes a function that is not async, not {function!r}.")
    name = f"{function.__module__}.{function.__qualname__}"
    if "<" in name or len(name) > LONGEST_NAME:
        raise ValueError(
            f"live.every() takes a function of a module, whose name is the same in every process"
            f" and has at most {LONGEST_NAME} letters, not {name}."
        )
    try:
        inspect.signature(function).bind()
    except TypeError:
        raise TypeError(
            f"live.every() calls {name} without arguments, and it needs some."
        ) from None
    return name


def registered() -> list[TimedWork]:
    return list(_registered.values())


async def keep_doing(work: TimedWork, thread: DatabaseThreads, outage: Outage) -> None:
    """Call the function whenever it is due, until cancelled. The thread is for such work alone:
    what takes long there keeps neither the relay nor the sessions waiting. The outage is that of
    the database, and one for all such work."""
    while True:
        try:
            wait = min(await thread.run(do_if_due, work), LONGEST_SLEEP)
        except (DatabaseError, InterfaceError) as error:
            outage.failed(error)
            wait = AGAIN
        else:
            outage.succeeded()
        await asyncio.sleep(wait * random.uniform(1, 1 + SPREAD))


def do_if_due(work: TimedWork) -> float:
    """Do the work if it is due and no other process does it. Returns after how many seconds it
    should be looked at again."""
    wait = _due_in(work)
    if wait > 0:
        return wait
    with transaction.atomic():
        if not _claim(work):
            return AGAIN
        _do(work)
    return work.seconds


def _due_in(work: TimedWork) -> float:
    """The seconds until the work is due, 0 if it is. A claim in the future was made by a clock that
    was ahead and has been put right since, so the work is due."""
    claim = Claim.objects.filter(pk=work.name).values_list("claimed_at", Now()).first()
    if claim is None:
        row = Claim(name=work.name, claimed_at=NEVER)
        Claim.objects.bulk_create([row], ignore_conflicts=True)
        return 0
    since = (claim[1] - claim[0]).total_seconds()
    return 0 if since < 0 else max(0.0, work.seconds - since)


def _claim(work: TimedWork) -> bool:
    """Whether this process is the one that does the work now. Until the transaction ends, the
    others pass over the claim. (On SQLite the transaction itself is the only one that writes.)"""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(LIMITS)
    period_ago = Now() - timedelta(seconds=work.seconds)
    due = Claim.objects.filter(Q(claimed_at__lte=period_ago) | Q(claimed_at__gt=Now()))
    claim = due.select_for_update(skip_locked=True).filter(pk=work.name).first()
    return claim is not None and bool(Claim.objects.filter(pk=work.name).update(claimed_at=Now()))


def _do(work: TimedWork) -> None:
    try:
        with transaction.atomic():
            work.function()
    except Exception as error:
        if not connection.is_usable():
            raise  # not the function has failed, but the database
        work.outage.failed(error)
    else:
        work.outage.succeeded()
