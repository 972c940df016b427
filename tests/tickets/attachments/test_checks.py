"""`check --deploy` says where no file can be kept."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from tickets.attachments import limits

pytestmark = pytest.mark.django_db


def found() -> list[str]:
    errors = run_checks(tags=["tickets"], include_deployment_checks=True)
    return [str(error.id) for error in errors if error.id in ("tickets.E001", "tickets.W003")]


def test_a_folder_that_takes_files_is_silent_and_stays_empty(media: Path) -> None:
    assert found() == []
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_one_that_cannot_be_made_is_an_error(settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    assert found() == ["tickets.E001"]


def test_one_that_files_cannot_be_moved_in_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, target: Path) -> None:
        raise PermissionError(1, os.strerror(1))

    monkeypatch.setattr(Path, "rename", refused)
    assert found() == ["tickets.E001"]


def test_one_without_room_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LEFT_FREE", 10**18)
    assert found() == ["tickets.W003"]
