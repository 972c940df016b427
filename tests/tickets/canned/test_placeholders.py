"""Placeholders of canned replies: few, filled in once, and never looked at again."""

import pytest
from django.contrib.auth.models import User

from tickets.canned.placeholders import MOST, PLACEHOLDERS, filled, refusal, values_of
from tickets.models import Queue, Ticket

pytestmark = pytest.mark.django_db

# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["foo", "Requester", "größe", "x" * 5000, "class"])
def test_an_unknown_placeholder_is_refused_with_those_there_are(name: str) -> None:
    sentence = refusal(f"Dear {{{name}}},")
    assert sentence.startswith(
        f"There is no placeholder {{{name[:40]}}}: choose one of {{requester}},"
    )
    assert f"doubled: {{{{{name[:40]}}}}}." in sentence
    assert all(f"{{{known}}}" in sentence for known in PLACEHOLDERS)
    assert len(sentence) < 400


def test_a_text_of_placeholders_alone_is_refused() -> None:
    assert refusal("{subject}" * MOST) == ""
    assert refusal("{subject}" * (MOST + 1)) == "A reply has at most 50 placeholders."


@pytest.mark.parametrize(
    "text",
    ["", "{", "}{", "{}", "{ agent }", "{0}", "{a b}", "{agent.password}", "{agent!r}",
     "{agent:>9}", "%(agent)s", "$agent", "{% load x %}", "{{ agent }}", "a{2}", "{{foo}}",
     '{"a": {"b": 1}}'],
)  # fmt: skip
def test_other_braces_are_text(text: str) -> None:
    assert refusal(text) == ""


# --- What is written ------------------------------------------------------------------------------

VALUES = {"requester": "{agent}", "agent": "Al {requester} \\1 \\g<0>", "subject": "<b>&amp;"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dear {requester},", "Dear {agent},"),
        ("{requester}{requester}", "{agent}{agent}"),
        ("{agent}", "Al {requester} \\1 \\g<0>"),
        ("{subject}", "<b>&amp;"),
        ("{{requester}}", "{requester}"),
        ("{{foo}}", "{foo}"),
        ("{{{requester}}}", "{{requester}}"),
        ("{ requester }", "{ requester }"),
        ("if (a) { b(); }}", "if (a) { b(); }}"),
        ("{queue}", "{queue}"),  # which these values do not have, as those of an older process
    ],
)
def test_what_is_in_a_value_is_text(text: str, said: str) -> None:
    assert filled(text, VALUES) == said


def test_hostile_texts_take_no_time() -> None:
    for text in ("{" * 10_000, "{a" * 5_000, "{" + "a" * 9_999, "{{a}" * 2_500, "}" * 10_000):
        assert filled(text, VALUES) == text
        refusal(text)


def test_each_placeholder_has_its_value_of_the_ticket(alice: User, billing: Queue) -> None:
    alice.first_name, alice.last_name = "Alice", "Arden"
    ticket = Ticket(
        pk=123, subject="Two\nlines", queue=billing, requester_name="Marta",
        requester_email="m@example.com",
    )  # fmt: skip
    values = values_of(ticket, alice)
    assert values.keys() == PLACEHOLDERS.keys()
    text = " | ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    said = "Marta | m@example.com | #123 | Twolines | Billing | Alice Arden"
    assert filled(text, values) == said
    ticket.requester_name = ""
    assert filled("Dear {requester},", values_of(ticket, alice)) == "Dear m@example.com,"
    ticket.requester_email, ticket.subject = "", "x" * 5000
    assert filled("Dear {requester},", values_of(ticket, alice)) == "Dear ,"
    assert len(filled("{subject}", values_of(ticket, alice))) == 300
