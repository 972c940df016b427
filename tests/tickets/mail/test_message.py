"""The message itself, read again as its receiver reads it: whatever people wrote, it stays text."""

import io
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.harness.post import SENDER
from tickets import editing
from tickets.attachments.storing import store
from tickets.mail import message as messages
from tickets.mail.message import message_of
from tickets.mail.models import Mail
from tickets.mail.outgoing import queue
from tickets.mail.threads import message_id_for, note_heard, token_of
from tickets.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mailing")]

HOSTILE = [
    "a\r\nBcc: eve@evil.example",
    "a\nX-Injected: 1\n\n<b>body</b>",
    "a\r\n\r\n--==boundary",
    "\n\nevent: x\ndata: y",
    "=?utf-8?q?=0D=0ABcc:_eve=40evil.example?=",
    '"><script>alert(1)</script>',
    'x" <eve@evil.example>, "y',
    "Müller, Anna <eve@evil.example>; (comment) \\",
    "\u202etxt.exe\u202c \u2028 \u2029 \x85 \x0b \x0c",
    "日本語の件名 " * 12,
    "👩‍👩‍👧‍👦" * 20,
    "a" * 190,
    "é" * 190,
    "%0d%0aBcc: eve@evil.example",
    "​.\n.",
]
HEADERS = {
    "from", "to", "reply-to", "subject", "message-id", "date", "mime-version", "content-type",
    "in-reply-to", "references",
}  # fmt: skip


def sent(mail: Mail | None = None) -> EmailMessage:
    raw, _ = message_of(Mail.objects.get(pk=mail.pk) if mail else Mail.objects.get())
    assert raw.isascii()
    assert all(len(line) < 998 for line in raw.split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def text(message: EmailMessage, kind: str = "plain") -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_reply_is_plain_text_first_and_the_same_as_html(reply: Any, asked: Ticket) -> None:
    reply("Pull the plug.\nThen see https://example.com/help?a=1&b=2.\n\nAlice")
    message = sent()
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert text(message).startswith("Pull the plug.\nThen see https://example.com/help?a=1&b=2.\n")
    html = text(message, "html")
    assert "Pull the plug.<br>" in html
    assert 'href="https://example.com/help?a=1&amp;b=2"' in html
    assert message["Subject"] == f"[#{asked.pk}] Printer on fire"
    assert message["From"] == '"alice (Help desk)" <help@example.com>'
    assert message["To"] == "Zoë Brandl <zoe@customers.example>"
    assert message["Date"].datetime == Mail.objects.get().queued_at.replace(microsecond=0)
    assert message["Auto-Submitted"] is None  # a person wrote it


def test_it_names_its_thread_whatever_the_subject_becomes(
    reply: Any, asked: Ticket, alice: User
) -> None:
    reply("First.")
    first, token = Mail.objects.get(), token_of(asked)
    message = sent()
    assert message["Message-ID"] == message_id_for(first, token)
    assert token in message["Message-ID"]
    assert message["Reply-To"] == f"Help desk <help+{token}@example.com>"
    assert message["In-Reply-To"] is None
    editing.edit(alice, asked.pk, {"subject": "Something else"}, version=None)
    second = reply("Second.").mail_row
    message = sent(second)
    assert message["Subject"] == f"[#{asked.pk}] Something else"
    assert message["In-Reply-To"] == message["References"] == message_id_for(first, token)


def test_a_ticket_that_came_by_mail_is_answered_in_the_senders_own_thread(
    reply: Any, asked: Ticket
) -> None:
    note_heard(asked, "<hers@customers.example>")
    reply()
    message = sent()
    assert message["In-Reply-To"] == message["References"] == "<hers@customers.example>"


def test_it_quotes_the_last_that_the_requester_said_and_not_much_of_it(
    reply: Any, asked: Ticket
) -> None:
    reply("One.")
    message = sent()
    assert "\n\nZoë Brandl wrote on " in text(message)
    assert text(message).endswith(":\n> It smokes.\n")
    assert "<blockquote>" in text(message, "html")
    lines = "\n".join(f"line {number}" for number in range(50))
    editing.comment_on_any(asked.pk, None, lines, requester=True)
    reply("An internal note.", internal=True)
    message = sent(reply("Two.").mail_row)
    assert "> line 19 …\n" in text(message)
    assert "line 20" not in text(message)
    assert "It smokes" not in text(message)
    assert "internal" not in text(message)
    editing.comment_on_any(asked.pk, None, "x" * 50_000, requester=True)
    assert len(text(sent(reply("Three.").mail_row))) < 1_200


def test_the_day_on_which_they_wrote_is_that_of_the_sites_time_zone(
    reply: Any, asked: Ticket, settings: Any
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    editing.comment_on_any(asked.pk, None, "Still smoking.", requester=True, at=late)
    assert "Zoë Brandl wrote on 1 April 2026:" in text(sent(reply().mail_row))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_adds_no_header_no_receiver_and_no_markup(
    hostile: str, asked: Ticket, alice: User
) -> None:
    User.objects.filter(pk=alice.pk).update(first_name=hostile[:150])
    alice.refresh_from_db()
    fields = {"subject": hostile[:200], "requester_name": hostile[:100]}
    Ticket.objects.filter(pk=asked.pk).update(**fields, description=hostile)
    editing.comment(alice, asked.pk, hostile)
    message = sent()
    assert {name.lower() for name in message} <= HEADERS
    for header in ("From", "To", "Reply-To"):
        assert len(getaddresses([str(message.get(header))])) >= 1
        assert [box.addr_spec for box in message[header].addresses] in (
            ["help@example.com"], ["zoe@customers.example"],
            [f"help+{token_of(asked)}@example.com"],
        )  # fmt: skip
    assert "\n" not in message["Subject"]
    assert message["Subject"].startswith(f"[#{asked.pk}] ")
    html = text(message, "html")
    assert "<script" not in html
    assert "<b>" not in html
    assert len(list(message.walk())) == 3


def test_letters_of_all_the_world_arrive_as_they_were_written(
    reply: Any, asked: Ticket, alice: User
) -> None:
    Ticket.objects.filter(pk=asked.pk).update(
        subject="Drucker brennt: 火事だ 🔥", requester_name="Зоя Ψ",
        requester_email="zoe@bücher.example",
    )  # fmt: skip
    User.objects.filter(pk=alice.pk).update(first_name="Ålice", last_name="Ōba")
    alice.refresh_from_db()
    body = "Grüße!\nПривет\nمرحبا\n火事\n" + "e\u0301" * 300 + "\n" + "x" * 10_000
    editing.comment(alice, asked.pk, body, cc=["chef@müller.example"])
    message = sent()
    assert message["Subject"] == f"[#{asked.pk}] Drucker brennt: 火事だ 🔥"
    (to,) = message["To"].addresses
    assert (to.display_name, to.addr_spec) == ("Зоя Ψ", "zoe@xn--bcher-kva.example")
    assert message["Cc"] == "chef@xn--mller-kva.example"
    assert message["From"].addresses[0].display_name == "Ålice Ōba (Help desk)"
    assert text(message).startswith(body)


def test_a_dot_alone_and_ends_of_lines_of_all_kinds_stay_in_the_text(reply: Any) -> None:
    reply("one\r\ntwo\rthree\n.\n..\nFrom me\n-- \nfour")
    assert text(sent()).startswith("one\ntwo\nthree\n.\n..\nFrom me\n-- \nfour\n")


def test_a_message_of_its_own_says_that_a_machine_wrote_it() -> None:
    message = sent(queue("alice@example.com", "Set a password", "https://desk/x", name="Alice"))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == SENDER
    assert message["Reply-To"] is None
    assert message["Subject"] == "Set a password"
    assert text(message) == "https://desk/x\n"
    assert '<a href="https://desk/x"' in text(message, "html")


# --- Files ----------------------------------------------------------------------------------------


@pytest.fixture
def attached(reply: Any, asked: Ticket, alice: User, settings: Any, tmp_path: Path) -> Any:
    """`attached(**files)` is a reply with these files, by their names and contents."""
    settings.MEDIA_ROOT = tmp_path / "media"

    def said(files: dict[str, bytes]) -> Any:
        stored = [
            store(asked, name, io.BytesIO(content), uploader=alice)
            for name, content in files.items()
        ]
        return reply(attaching=stored)

    return said


def test_the_files_of_a_reply_are_sent_with_it(attached: Any) -> None:
    names = ["Übersicht\r\nBcc: x.txt", 'a"b.txt', "mail.eml", "odd.txt"]
    comment = attached({name: b"hello\r\n" * 100 + name.encode() for name in names})
    kinds = ["text/plain", "image/png", "message/rfc822", "text/html; charset=x\r\nX: y"]
    for file, kind in zip(comment.attachments.all(), kinds, strict=True):
        type(file).objects.filter(pk=file.pk).update(type=kind)
    message = sent()
    assert message.get_content_type() == "multipart/mixed"
    parts = list(message.iter_attachments())
    assert [part.get_content_type() for part in parts] == [
        "text/plain", "image/png", "application/octet-stream", "application/octet-stream",
    ]  # fmt: skip
    kept = [file.name for file in comment.attachments.all()]
    assert [part.get_filename() for part in parts] == kept
    assert kept[0].startswith("Übersicht")
    for part, name in zip(parts, names, strict=True):
        assert part.get_payload(decode=True) == b"hello\r\n" * 100 + name.encode()
        assert set(part.keys()) == {
            "Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Content-Disposition",
        }  # fmt: skip
    assert text(message).startswith("Pull the plug.")


def test_files_that_do_not_fit_are_named_and_what_fits_beside_them_is_sent(
    attached: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "MOST_ATTACHED", 100)
    attached({"film.mp4": b"x" * 101, "note.txt": b"small", "more.txt": b"y" * 96})
    message = sent()
    assert [part.get_filename() for part in message.iter_attachments()] == ["note.txt"]
    named = "Not sent along, for the mail would be too large: film.mp4, more.txt."
    assert named in text(message)
    assert named in text(message, "html")


def test_the_same_mail_is_the_same_message_each_time(reply: Any) -> None:
    for mail in (reply().mail_row, queue("alice@example.com", "Set a password", "https://x")):
        one, two = sent(mail), sent(mail)
        assert one["Message-ID"]
        for name in HEADERS - {"content-type"}:
            assert one[name] == two[name], name
