"""Undoes the encodings in which contents travel; of damaged ones, what can be read is read."""

import binascii
import re
from email.message import Message

BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
NOT_BASE64 = bytes(set(range(256)) - set(BASE64 + b"="))
RUN = re.compile(rb"[^=]+")
MOST_RUNS = 100


def from_base64(body: bytes) -> bytes:
    """Each run of letters between paddings, for some programs join what they encoded apart."""
    letters = body.translate(None, NOT_BASE64).rstrip(b"=")
    runs = letters.count(b"=")
    if runs > MOST_RUNS:
        letters = letters.replace(b"=", b"")
    if runs in range(1, MOST_RUNS + 1):
        return b"".join(_run(run) for run in RUN.findall(letters))
    return _run(letters)


def from_quoted_printable(body: bytes) -> bytes:
    return binascii.a2b_qp(body)


def from_uuencode(body: bytes) -> bytes:
    message = Message()
    message["Content-Transfer-Encoding"] = "x-uuencode"
    message.set_payload(body.decode("ascii", "surrogateescape"))
    content = message.get_payload(decode=True)
    return content if isinstance(content, bytes) else body


def _run(letters: bytes) -> bytes:
    """A letter alone at the end is six bits of nothing."""
    whole = letters if len(letters) % 4 != 1 else letters[:-1]
    return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
