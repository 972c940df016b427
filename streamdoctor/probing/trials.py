"""Finds out whether it is the resume that is refused. Whoever refuses now and then, or one request
of two, would refuse others as well; so two that resume stand around two that do not."""

from collections.abc import Callable

from streamdoctor.probing.watch import Record

Ask = Callable[[bool], Record]  # whether to resume → the answer to one request


def try_again(refused: Record, ask: Ask) -> list[Record]:
    """The refused one, and those after it; the last one is let in if it was only chance."""
    trials = [refused]
    for resumes in (False, False, True):
        trials.append(ask(resumes))
    return trials


def is_answered(record: Record) -> bool:
    return record.head is not None
