"""The signal `changed`, and what it tells of a change: one row, as it stood before and after."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import models
from django.dispatch import Signal

M = TypeVar("M", bound=models.Model)

changed = Signal()  # sender: the concrete model; transition: Transition


@dataclass(frozen=True, slots=True)
class Transition(Generic[M]):
    """One row as stored before and after; before is None for a new one, after for a deleted one."""

    before: M | None
    after: M | None
    fields: tuple[str, ...] = ()  # names of the tracked fields that differ

    @property
    def key(self) -> Any:
        """The primary key of the row."""
        row = self.after or self.before
        return None if row is None else row.pk


def tell(model: type[M], transition: Transition[M]) -> None:
    changed.send(sender=model, transition=transition)
