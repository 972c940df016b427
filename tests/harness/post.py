"""A real mail server for tests: it takes what it gets, refuses it, keeps silent, or hangs up."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from queue import Queue
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope

from tests.harness.processes import free_port

SENDER = "Help desk <help@example.com>"


@dataclass
class Taken:
    """A message, with its envelope."""

    sender: str
    to: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        message = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        return message

    def text(self, subtype: str = "plain") -> str:
        body = self.message.get_body((subtype,))
        assert body is not None
        return str(body.get_content())


@dataclass
class PostOffice:
    """`recipient` and `content` say what it answers; "" stands for yes."""

    port: int = 0
    recipient: Callable[[str], str] = lambda address: ""
    content: Callable[[Taken], str] = lambda taken: ""
    taken: "Queue[Taken]" = field(default_factory=Queue)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def next(self, seconds: float = 20) -> Taken:
        return self.taken.get(timeout=seconds)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not (answer := self.recipient(address)):
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        taken = Taken(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content)
        answer = self.content(taken)
        if not answer:
            self.taken.put(taken)
        return answer or "250 OK"


@contextmanager
def post_office(**options: Any) -> Iterator[PostOffice]:
    office = PostOffice(port=free_port())
    controller = Controller(office, hostname="127.0.0.1", port=office.port, **options)
    controller.start()
    try:
        yield office
    finally:
        controller.stop()
