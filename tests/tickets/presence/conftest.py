import pytest

from tickets.presence import deeds
from tickets.presence.pace import Pace


@pytest.fixture(autouse=True)
def nothing_said_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The users of each test have the same numbers as those of the one before."""
    monkeypatch.setattr(deeds, "pace", Pace())
