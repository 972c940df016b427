"""Each test has a MEDIA_ROOT of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def files_in(media: Path) -> Callable[[], list[str]]:
    """The files below MEDIA_ROOT, by the folder in which each lies: its place, or `incoming`."""

    def look() -> list[str]:
        found = (path.relative_to(media) for path in media.rglob("*") if path.is_file())
        return sorted(path.parts[0] if path.parts[0] == "incoming" else "place" for path in found)

    return look
