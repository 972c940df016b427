"""Messages made for these tests, as programs and servers write them, and what they say.

expected.json is written by hand: for each message what is worth saying of it. Where it names no
kind, it is a letter.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tickets.inbox.message import Received

MESSAGES = Path(__file__).with_name("messages")
EXPECTED: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("expected.json").read_text()
)
NAMES = sorted(EXPECTED)


def raw(name: str) -> bytes:
    return (MESSAGES / f"{name}.eml").read_bytes()


def told(received: Received, asked: dict[str, Any]) -> dict[str, Any]:
    """What was read, of what is asked for, in the words of the file."""
    known: dict[str, Any] = {
        **{key: getattr(received, key) for key in ("message_id", "subject", "said", "text")},
        "sender": [received.sender.name, received.sender.address],
        "sender_address": received.sender.address,
        "to": list(received.to),
        "references": list(received.references),
        "kind": str(received.kind),
        "date": received.date and received.date.isoformat(),
        "bounced": received.bounced and list(asdict(received.bounced).values()),
        "files": [
            [file.name, file.type, size and len(file.content)]
            for file, size in zip(received.files, _sizes(received, asked), strict=True)
        ],
        "said_starts": received.said[: len(asked.get("said_starts", ""))],
        "text_holds": asked.get("text_holds")
        if asked.get("text_holds", "") in received.text
        else received.text,
    }
    return {key: known[key] for key in asked}


def _sizes(received: Received, asked: dict[str, Any]) -> list[int | None]:
    """None where the size of a file does not matter."""
    sizes = [file[2] for file in asked.get("files", [])]
    return sizes if len(sizes) == len(received.files) else [1] * len(received.files)


def storable(value: Any) -> bool:
    """Whether PostgreSQL can store all of the texts in it."""
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, dict):
        return all(map(storable, value.values()))
    return all(map(storable, value)) if isinstance(value, (tuple, list)) else True
