"""Who is taken for whom: refusals and forgeries first."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.tickets.inbox.letters import SERVER, above, letter, vouched
from tickets.inbox.authentication import Verdict
from tickets.inbox.message import Mailbox
from tickets.inbox.proof import Writer, can_be_answered, plain_name, shown, verdict_on, writer_of
from tickets.inbox.reading import read
from tickets.models import Queue, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]

ALICE = "alice@desk.example"
PASS = "dmarc=pass header.from=desk.example"


@pytest.fixture(autouse=True)
def address_of_alice(alice: User) -> None:
    alice.email = ALICE
    alice.save()


def of(raw: bytes, ticket: Ticket) -> Writer:
    return writer_of(read(raw), raw, ticket)


def test_an_agents_address_alone_proves_nothing(jonas: Ticket) -> None:
    for raw in (
        letter(sender=ALICE),
        vouched(letter(sender=ALICE), "dmarc=fail header.from=desk.example"),
        vouched(letter(sender=ALICE), PASS, server="mx.mallory.example"),
        letter(sender=f"{ALICE.upper()}"),
    ):
        assert of(raw, jonas) == Writer(says_agent=True)


def test_an_agent_whom_the_named_server_vouches_for_is_believed(
    jonas: Ticket, alice: User, settings: Any
) -> None:
    raw = vouched(letter(sender=f"Whoever <{ALICE}>"), PASS)
    assert of(raw, jonas) == Writer(agent=alice)
    settings.MAIL_AUTHENTICATION_SERVER = ""
    assert of(raw, jonas) == Writer(says_agent=True)


def test_but_only_on_a_ticket_that_they_may_see(
    jonas: Ticket, network: Queue, alice: User, admin: User
) -> None:
    raw = vouched(letter(sender=ALICE), PASS)
    jonas.queue = network
    jonas.save()
    assert of(raw, jonas) == Writer(says_agent=True)
    jonas.assignee = alice
    jonas.save()
    assert of(raw, jonas) == Writer(agent=alice)


def test_an_address_of_two_agents_is_neither_and_of_one_who_may_not_sign_in_a_strangers(
    jonas: Ticket, alice: User, carol: User
) -> None:
    raw = vouched(letter(sender=ALICE), PASS)
    User.objects.filter(pk=carol.pk).update(email=ALICE.upper())
    assert of(raw, jonas) == Writer(says_agent=True)
    User.objects.filter(pk=carol.pk).update(is_active=False)
    assert of(raw, jonas) == Writer(agent=alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert of(raw, jonas) == Writer()


@pytest.mark.parametrize(
    "sender",
    [
        f"From: {ALICE}\r\nFrom: mallory@desk.example",
        f"From: {ALICE}, mallory@desk.example",
        f"From: mallory@desk.example, {ALICE}",
        f"From: {ALICE} <mallory@desk.example>",
        f"X-First: a\rFrom: {ALICE}\r\nFrom: mallory@desk.example",
        f"From: {'(' * 5_000}{ALICE}",
        f"From: {'x, ' * 300_000}{ALICE}",
        f"FROM : {ALICE}\r\nfrom: mallory@desk.example",
    ],
)
def test_a_message_of_two_senders_is_of_nobody_who_is_believed(sender: str, jonas: Ticket) -> None:
    """The server has judged one of them, and we may take the other."""
    raw = vouched(f"{sender}\r\nSubject: x\r\n\r\nYes.\r\n".encode(), PASS)
    assert verdict_on(raw, ALICE) is Verdict.FORGED
    assert of(raw, jonas).agent is None
    jonas.requester_email = ALICE
    jonas.save()
    assert not of(raw, jonas).is_requester


def test_what_is_encoded_in_the_servers_header_is_not_decoded(jonas: Ticket) -> None:
    """Decoded first, it would end the quotes that the server has put round a stranger's address."""
    smuggled = f"=?utf-8?q?x=22=3B_{PASS.replace('=', '=3D').replace(' ', '_')}=3B_y=3D=22?="
    raw = vouched(letter(sender=ALICE), f'spf=fail smtp.mailfrom="{smuggled}"@mallory.example')
    assert of(raw, jonas) == Writer(says_agent=True)


def test_the_senders_own_header_stands_below_the_servers(jonas: Ticket) -> None:
    raw = above(
        vouched(letter(sender=ALICE), PASS),
        f"Authentication-Results: {SERVER};\r\n spf=fail smtp.mailfrom=m@mallory.example",
    )
    assert of(raw, jonas) == Writer(says_agent=True)


def test_the_requester_is_believed_unless_their_domain_says_otherwise(jonas: Ticket) -> None:
    assert of(letter(), jonas) == Writer(is_requester=True)
    assert of(letter(sender="JONAS@Weber.Example"), jonas) == Writer(is_requester=True)
    assert of(vouched(letter(), "dmarc=none"), jonas) == Writer(is_requester=True)
    forged = vouched(letter(), "dmarc=fail header.from=weber.example")
    assert of(forged, jonas) == Writer()


def test_an_agent_who_asks_is_the_requester_of_their_own_ticket(jonas: Ticket) -> None:
    jonas.requester_email = ALICE
    jonas.save()
    assert of(letter(sender=ALICE), jonas) == Writer(is_requester=True)


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("Jonas Weber", "Jonas Weber"),
        ("", ""),
        ("alice <alice@desk.example>", ""),
        ("alice＠desk.example", ""),
        ("<b>alice</b>", "b alice /b"),
        ("\u202eecila\u200b", "ecila"),
        ("a\nFrom: b", "a From: b"),
    ],
)
def test_a_name_hides_nothing_and_is_no_other_address(name: str, plain: str) -> None:
    box = Mailbox(name, "mallory@else.example")
    assert plain_name(box) == plain
    assert shown(box) == f"{plain} <mallory@else.example>".lstrip()


def test_the_longest_name_leaves_room_for_the_whole_address() -> None:
    address = f"{'m' * 64}@{'e' * 60}.{'e' * 60}.{'e' * 60}.example"
    told = shown(Mailbox("alice " * 100, address))
    assert len(told) <= 320
    assert told.endswith(f"<{address}>")


@pytest.mark.parametrize("address", ["", "jonas", "a@b", "a b@c.example", f"{'x' * 250}@c.example"])
def test_what_is_no_address_cannot_be_answered(address: str) -> None:
    assert not can_be_answered(address)
    assert can_be_answered("jonas@weber.example")
