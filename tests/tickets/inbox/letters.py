"""Messages as they come over the wire, written for these tests."""

from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

DESK = "help@desk.example"
SERVER = "mx.desk.example"
JONAS = "Jonas Weber <jonas@weber.example>"


def letter(
    text: str = "The printer is on fire.",
    *,
    sender: str = JONAS,
    to: str = DESK,
    subject: str = "Printer on fire",
    message_id: str | None = None,
    answers: str = "",
    files: dict[str, bytes] | None = None,
    **headers: str,
) -> bytes:
    """`answers` is a Message-ID; other headers have _ for -."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, to, subject
    name = make_msgid(domain="else.example") if message_id is None else message_id
    if name:
        message["Message-ID"] = name
    message["Date"] = "Sat, 28 Nov 2026 12:00:00 +0000"
    if answers:
        message["In-Reply-To"] = answers
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    for name, content in (files or {}).items():
        message.add_attachment(
            content, maintype="application", subtype="octet-stream", filename=name
        )
    return bytes(message)


def above(raw: bytes, *lines: str) -> bytes:
    """As a mail server hands it on, with these headers above what was there."""
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1") + raw


def vouched(raw: bytes, result: str, server: str = SERVER) -> bytes:
    return above(raw, f"Authentication-Results: {server}; {result}")


def bounce_of(message_id: str, to: Any = DESK, status: str = "5.1.1") -> bytes:
    return f"""\
From: Mail Delivery System <MAILER-DAEMON@mx.else.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <bounce-{abs(hash(message_id))}@mx.else.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

No such user here.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.else.example

Final-Recipient: rfc822; jonas@weber.example
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 No such user here

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
From: {DESK}

--b--
""".replace("\n", "\r\n").encode()
