"""A backup is put back under open windows: what they then show is what the database says."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from django.db import connection
from playwright.sync_api import expect

from live.log import retention
from tests.browser.windows import (
    Windows,
    assert_not_reloaded,
    expect_live,
    expect_settled,
    expect_subjects,
    mark,
    row,
)
from tests.harness.site import People
from tickets.models import Comment, Ticket

PutBack = Callable[[], None]


@pytest.fixture
def backup(site_database: str, tmp_path: Path) -> Iterator[Callable[[], PutBack]]:
    """`put_back = backup()`, and later `put_back()`: the whole database, log and sessions included,
    then `positions_lost`. A window has its session from before the backup, or it is signed out."""
    if connection.vendor != "sqlite":
        pytest.skip("the backup is a copy of SQLite's file")
    live_file = connection.settings_dict["NAME"]
    copy = tmp_path / "backup.sqlite3"

    def transfer(source: str | Path, target: str | Path) -> None:
        with (
            closing(sqlite3.connect(source, timeout=20)) as old,
            closing(sqlite3.connect(target, timeout=20)) as new,
        ):
            old.backup(new)

    def put_back() -> None:
        connection.close()
        transfer(copy, live_file)
        retention.positions_lost()

    def make() -> PutBack:
        connection.close()
        transfer(live_file, copy)
        return put_back

    yield make


def change(ticket: Ticket, **fields: object) -> None:
    for name, value in fields.items():
        setattr(ticket, name, value)
        ticket.save()  # each a version


def test_the_board_shows_what_the_database_says_though_versions_went_back(
    windows: Windows, site: People, backup: Callable[[], PutBack]
) -> None:
    changed, deleted = site.ticket("Printer on fire"), site.ticket("Deleted later")
    alice = windows.open(site.alice)
    put_back = backup()
    change(changed, status="open", priority="urgent", subject="Printer is ashes")
    deleted.delete()
    site.ticket("Never was")
    expect_subjects(alice, "Never was", "Printer is ashes")
    expect_settled(alice)

    put_back()
    expect_subjects(alice, "Deleted later", "Printer on fire")
    expect(row(alice, "Printer on fire")).to_contain_text("normal")
    expect_live(alice)
    expect_settled(alice)

    change(Ticket.objects.get(pk=changed.pk), priority="high")  # at a version that it once had
    expect(row(alice, "Printer on fire")).to_contain_text("high")
    expect_settled(alice)
    assert_not_reloaded(alice)


def test_a_ticket_shows_what_the_database_says_though_versions_went_back(
    windows: Windows, site: People, backup: Callable[[], PutBack]
) -> None:
    ticket = site.ticket("Printer on fire")
    Comment.objects.create(ticket=ticket, author=site.carol, body="Have you tried water?")
    alice = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    put_back = backup()
    change(ticket, status="resolved", priority="urgent", subject="Printer is ashes")
    Comment.objects.create(ticket=ticket, author=site.carol, body="It is out.")
    timeline = alice.locator("#timeline")
    expect(timeline).to_contain_text("It is out.")
    expect(alice).to_have_title(f"#{ticket.pk} Printer is ashes · Tickets")

    put_back()
    expect(alice.get_by_role("heading", level=1)).to_have_text("Printer on fire")
    expect(alice).to_have_title(f"#{ticket.pk} Printer on fire · Tickets")
    expect(alice.locator(".ticket-head .status")).to_have_text("new")
    expect(alice.get_by_label("Status")).to_have_value("new")
    expect(alice.get_by_label("Priority")).to_have_value("normal")
    expect(timeline).to_contain_text("Have you tried water?")
    expect(timeline).not_to_contain_text("It is out.")
    expect(timeline).not_to_contain_text("set ")
    expect_live(alice)

    change(Ticket.objects.get(pk=ticket.pk), priority="high")
    expect(alice.get_by_label("Priority")).to_have_value("high")
    expect(timeline).to_contain_text("set priority normal → high")
    assert_not_reloaded(alice)


def test_a_ticket_that_the_backup_does_not_know_is_gone_and_the_lists_beside_it_count_again(
    windows: Windows, site: People, backup: Callable[[], PutBack]
) -> None:
    site.ticket("Printer on fire")
    alice = windows.open(site.alice)
    put_back = backup()
    ticket = site.ticket("Never was")
    alice.goto(f"/tickets/{ticket.pk}/")
    mark(alice)
    expect(alice.locator('[data-count="open"]')).to_have_text("2")
    put_back()
    expect(alice.locator("#gone")).to_be_visible()
    expect(alice.locator('[data-count="open"]')).to_have_text("1")
    assert_not_reloaded(alice)


def test_a_choice_made_in_the_lost_world_is_shown_beside_the_database_before_it_is_saved(
    windows: Windows, site: People, backup: Callable[[], PutBack]
) -> None:
    ticket = site.ticket("Printer on fire")
    alice = windows.open(site.alice, f"/tickets/{ticket.pk}/")
    put_back = backup()
    change(ticket, status="open", priority="high")
    expect(alice.get_by_label("Priority")).to_have_value("high")
    alice.get_by_label("Status").select_option("pending")
    put_back()
    expect(alice.get_by_label("Priority")).to_have_value("normal")
    expect(alice.get_by_label("Status")).to_have_value("pending")
    expect(alice.locator(".ticket-head .status")).to_have_text("new")
    expect_live(alice)

    # The ticket comes to the version that the form was filled in at, on another way.
    restored = Ticket.objects.get(pk=ticket.pk)
    change(restored, priority="urgent", subject="Printer smokes")
    assert restored.version == ticket.version
    expect(alice.get_by_label("Priority")).to_have_value("urgent")
    alice.get_by_role("button", name="Save").click()
    expect(alice.locator("#conflict")).to_contain_text("Not saved")
    stored = Ticket.objects.get(pk=ticket.pk)
    assert (stored.status, stored.priority) == ("new", "urgent")
