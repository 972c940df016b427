"""The message that a mail becomes: plain text, the same text as HTML, and the reply's files.

Every header is one line: what people wrote passes `in_a_line()`, and stands there encoded where it
is more than plain ASCII. The HTML is made of the text, so no markup of anybody's is in it. The same
mail becomes the same message each time, but for what divides its parts.
"""

import hmac
import re
from base64 import b64encode
from email import charset, policy
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr
from typing import Any

from django.conf import settings
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.html import escape

from tickets.links import paragraphs
from tickets.mail.addresses import in_a_line, on_the_wire, sender
from tickets.mail.models import Mail
from tickets.mail.threads import message_id_for, named_before, reply_address, token_for
from tickets.models import Attachment, Ticket
from tickets.public import said_by

MOST_ATTACHED = 18_000_000  # bytes of files; a quarter to a third more on the way
QUOTED_CHARACTERS, QUOTED_LINES = 1_000, 20
LONGEST_SHOWN_NAME = 60  # characters of a name beside an address
LINK = '<a href="{0}" dir="ltr" rel="noopener noreferrer nofollow">{0}</a>'
TYPE = re.compile(r"(?!message/|multipart/)[a-z]{1,20}/[a-z0-9.+-]{1,80}")
# What some programs end a text at, or show as something else; tabs and ends of lines stay.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def message_of(mail: Mail) -> tuple[bytes, list[str]]:
    """The message as it goes over the wire, and the addresses that get a copy."""
    copies = [on_the_wire(address) for address in mail.cc]
    message = _reply(mail) if mail.comment else _of_its_own(mail)
    message["Date"] = format_datetime(mail.queued_at)
    message["To"] = _mailbox(mail.to_name, mail.to)
    if copies:
        message["Cc"] = ", ".join(copies)
    return message.as_bytes(policy=policy.compat32.clone(linesep="\r\n")), copies


def _reply(mail: Mail) -> Message:
    comment: Any = mail.comment
    ticket: Ticket = comment.ticket
    token = token_for(comment)
    files, too_large = _files(comment)
    text = comment.body
    if too_large:
        text += f"\n\nNot sent along, for the mail would be too large: {', '.join(too_large)}."
    message = _with_files(_both_ways(text, _quoted(comment, ticket)), files)
    desk = sender().name
    author = comment.written_by
    message["From"] = _mailbox(f"{author} ({desk})" if desk and author else author or desk)
    message["Reply-To"] = _mailbox(desk, reply_address(token))
    _set_subject(message, f"[#{ticket.pk}] {mail.subject}")
    message["Message-ID"] = message_id_for(mail, token)
    if named := named_before(mail):
        message["In-Reply-To"] = named[-1]
        message["References"] = " ".join(named)
    return message


def _of_its_own(mail: Mail) -> Message:
    message = _both_ways(mail.text, "")
    message["From"] = _mailbox(sender().name)
    _set_subject(message, mail.subject)
    message["Message-ID"] = f"<o{mail.pk}.{mail.sending}.{_proof(mail)}@{sender().domain}>"
    # RFC 3834, and what one large mail system listens to instead: nobody's holiday answers it.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    return message


def _proof(mail: Mail) -> str:
    """What nobody can guess, and is the same each time that this is tried."""
    named = f"mail {mail.pk} {mail.sending}".encode()
    return hmac.digest(settings.SECRET_KEY.encode(), named, "sha256").hex()[:32]


def _quoted(comment: Any, ticket: Ticket) -> str:
    """The last that the requester said before, shortened."""
    theirs = ticket.comments.filter(requester=True, pk__lt=comment.pk).order_by("-pk")
    cut = Left("body", QUOTED_CHARACTERS + 1)
    said = theirs.select_related("author").defer("body").annotate(beginning=cut)
    last: Any = said.first()
    words = last.beginning if last else ticket.description
    if not words.strip():
        return ""
    at = timezone.localtime(last.created_at if last else ticket.created_at)
    who = said_by(last, ticket) if last else ticket.requester_name
    lines = words[:QUOTED_CHARACTERS].strip().splitlines()
    shown = "\n".join(lines[:QUOTED_LINES])
    if len(words) > QUOTED_CHARACTERS or len(lines) > QUOTED_LINES:
        shown += " …"
    return f"{in_a_line(who) or 'You'} wrote on {at:%-d %B %Y}:\n{shown}"


def _both_ways(text: str, quoted: str) -> MIMEMultipart:
    text = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    quoted = CONTROLS.sub("", quoted)
    head, _, words = quoted.partition("\n")
    plain, html = text, _html(text)
    if quoted:
        marked = "\n".join(f"> {line}".rstrip() for line in words.split("\n"))
        plain = f"{text}\n\n{head}\n{marked}"
        html = f"{html}<p>{escape(head)}</p><blockquote>{_html(words)}</blockquote>"
    both = MIMEMultipart("alternative")
    both.attach(_text(f"{plain}\n", "plain"))
    both.attach(_text(f"<!DOCTYPE html><html><body>{html}</body></html>\n", "html"))
    return both


def _html(text: str) -> str:
    return "".join(
        f'<p dir="auto">{"".join(_piece(*piece) for piece in pieces)}</p>\n'
        for pieces in paragraphs(text)
    )


def _piece(words: str, is_address: bool) -> str:
    escaped = escape(words)
    return LINK.format(escaped) if is_address else escaped.replace("\n", "<br>\n")


def _text(text: str, subtype: str) -> MIMEText:
    """In ASCII on the way, whatever the letters: in short lines, and half as long as it could be
    where few or most of them are beyond ASCII."""
    how = charset.Charset("utf-8")
    beyond = sum(letter > "\x7f" for letter in text)
    how.body_encoding = charset.QP if beyond * 6 < len(text) else charset.BASE64
    part = MIMEText("", subtype, "utf-8")
    del part["Content-Transfer-Encoding"]
    part.set_payload(text, how)
    return part


def _with_files(both: MIMEMultipart, files: list[MIMEBase]) -> MIMEMultipart:
    if not files:
        return both
    mixed = MIMEMultipart("mixed")
    for part in (both, *files):
        mixed.attach(part)
    return mixed


def _files(comment: Any) -> tuple[list[MIMEBase], list[str]]:
    """The files of the reply as parts, and the names of those that are too large to be mailed."""
    parts, too_large, left = [], [], MOST_ATTACHED
    for file in comment.attachments.all():
        if file.size > left:
            too_large.append(in_a_line(file.name))
        else:
            left -= file.size
            parts.append(_file(file))
    return parts, too_large


def _file(file: Attachment) -> MIMEBase:
    kind = file.type if TYPE.fullmatch(file.type) else "application/octet-stream"
    part = MIMEBase(*kind.split("/"))
    with file.file.open("rb") as stream:
        encoded = b64encode(stream.read()).decode()
    part.set_payload("\n".join(re.findall(".{1,76}", encoded)))
    part["Content-Transfer-Encoding"] = "base64"
    name = in_a_line(file.name)
    shown = name if name.isascii() else ("utf-8", "", name)
    part.add_header("Content-Disposition", "attachment", filename=shown)
    return part


def _mailbox(name: str, address: str = "") -> str:
    line = in_a_line(name)[:LONGEST_SHOWN_NAME]
    if "=?" in line:  # what looks encoded would be read as what it stands for
        line = line.replace("=?", "= ?")
    return formataddr((line, on_the_wire(address or sender().address)))


def _set_subject(message: Message, text: str) -> None:
    line = in_a_line(text)
    is_plain = line.isascii() and "=?" not in line
    subject: Any = Header(line, "us-ascii" if is_plain else "utf-8", header_name="Subject")
    message["Subject"] = subject  # folded when it is written
