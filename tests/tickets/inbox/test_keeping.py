"""Mail that is kept aside: all of it, once, within its room, and not for ever."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from tests.tickets.inbox.letters import letter
from tickets.inbox import keeping
from tickets.inbox.arriving import TryAgain, receive
from tickets.inbox.keeping import NoRoom, keep, prune
from tickets.inbox.models import PIECE, KeptMail, KeptPiece, Letter
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]

AUTOMATIC: Any = {"Auto_Submitted": "auto-replied"}


def test_it_is_kept_to_the_last_byte_in_pieces_and_once() -> None:
    raw = bytes(range(256)) * (PIECE // 100)
    first = keep(raw, "Why.")
    assert keep(raw, "Another reason.") == first
    assert KeptMail.objects.get().read() == raw
    assert [len(bytes(piece.content)) for piece in KeptPiece.objects.order_by("number")] == [
        PIECE, PIECE, len(raw) - 2 * PIECE,
    ]  # fmt: skip
    assert first.read(10) == raw[:10]
    assert first.read(PIECE + 10) == raw[: PIECE + 10]
    assert (first.size, first.reason) == (len(raw), "Why.")


def test_where_there_is_no_room_the_message_comes_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "ROOM", 100)
    with pytest.raises(NoRoom, match="There is no room to keep it aside: 0 messages"):
        keep(b"x" * 101, "Why.")
    with pytest.raises(TryAgain, match="no room"):
        receive(b"\xff" * 101)
    assert not KeptMail.objects.exists()
    keep(b"x" * 100, "Why.")
    with pytest.raises(NoRoom, match="1 messages with 100 bytes"):
        keep(b"x", "Why.")


def test_there_are_not_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST", 2)
    keep(b"1", "Why.")
    keep(b"2", "Why.")
    with pytest.raises(NoRoom):
        keep(b"3", "Why.")


def test_what_machines_send_takes_half_of_the_room_and_is_dropped_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keeping, "MOST", 4)
    for number in range(3):
        arrived = receive(letter(f"{number}", **AUTOMATIC))
    assert arrived.deed.startswith("is dropped: A machine sent it")
    assert KeptMail.objects.count() == 2
    with pytest.raises(TryAgain, match="no room"):  # of somebody, whom we may not drop
        receive(letter(sender="nobody"))
    receive(b"\xff gibberish")
    assert KeptMail.objects.count() == 3


def test_after_thirty_days_it_is_gone_and_what_was_taken_in_stays_known(
    jonas: Ticket, token: str
) -> None:
    old, new = keep(b"old", "Why."), keep(b"new", "Why.")
    receive(letter(to=token))
    receive(letter(sender="help@desk.example"))
    past = timezone.now() - timedelta(days=31)
    KeptMail.objects.filter(pk=old.pk).update(at=past)
    Letter.objects.update(at=past)
    prune()
    assert [*KeptMail.objects.all()] == [new]
    assert KeptPiece.objects.count() == 1
    Letter.objects.update(at=timezone.now() - timedelta(days=366))
    prune()
    assert Letter.objects.get().ticket == jonas


def test_the_check_says_what_waits_and_where_no_mail_opens_a_ticket(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def said() -> str:
        call_command("check", "--deploy", "--tag", "tickets")
        return capsys.readouterr().err

    assert "tickets.W010" not in said()
    assert "tickets.W011" not in said()
    keep(b"1", "Why.")
    settings.MAIL_QUEUE = "Gone"
    told = said()
    assert "MAIL_QUEUE='Gone' is the name of no queue" in told
    assert "1 messages are kept aside" in told
