"""Of a reply its history goes and the signature, and nothing that its writer said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tickets.inbox.fixtures import NAMES, raw
from tickets.inbox.reading import read
from tickets.inbox.said import said_in

REPLY = "Re: [#12] The printer"
INTRODUCTION = "On Mon, 5 Jan 2026 at 10:00, Jane Doe <jane@example.org> wrote:"
OUTLOOK = "From: Jane <jane@example.org>\nSent: Monday\nTo: Rosa\nSubject: x\n\nOld"

own_lines = st.sampled_from(
    ["Yes.", "No, it is not.", "", "Nothing:", "See 5 above", "- a", "(1) b"]
)
quoted_lines = st.sampled_from(["> Is it on?", ">", "> > Deeper", "> On 4 Jan 2026, Tom wrote:"])


@given(st.lists(own_lines | quoted_lines, max_size=30), st.lists(own_lines, max_size=5))
def test_no_answer_is_lost_wherever_it_stands(below: list[str], above: list[str]) -> None:
    said = said_in("\n".join([*above, "", INTRODUCTION, "> Hello", *below]), REPLY)
    answers = [line for line in [*above, *below] if line and not line.startswith(">")]
    assert [line for line in said.split("\n") if line in answers] == answers


@given(st.text(), st.text(max_size=20))
def test_what_is_said_stands_in_the_text_and_is_not_empty_where_that_is_not(
    text: str, subject: str
) -> None:
    said = said_in(text, subject)
    assert said in text
    assert bool(said.strip()) == bool(text.strip())


@pytest.mark.parametrize("name", NAMES)
def test_what_a_message_says_stands_in_its_text(name: str) -> None:
    received = read(raw(name))
    assert received.said in received.text


@pytest.mark.parametrize(
    "line",
    ["Sent from my iPhone", "Sent from Outlook for Android", "Get Outlook for iOS<https://o.example/>",
     "Von meinem iPhone gesendet", "Gesendet mit der GMX Mail App", "Envoyé de mon iPhone",
     "Enviado desde mi iPhone", "Enviado do meu iPhone", "Inviato da iPhone",
     "Verstuurd vanaf mijn iPhone", "Skickat från min iPhone", "Sendt fra min iPhone",
     "Wysłane z iPhone'a", "Odesláno z iPhonu", "Отправлено с iPhone", "iPhoneから送信",
     "从我的 iPhone 发送", "Sent via the Samsung Galaxy S25, an AT&T 5G smartphone"],
)  # fmt: skip
def test_what_a_telephone_adds_goes(line: str) -> None:
    assert said_in(f"Yes.\n\n{line}\n", REPLY) == "Yes."


@pytest.mark.parametrize(
    "text",
    [
        "Sent from my desk is what I wrote.",
        "Hello\n\nSent from Berlin with love",
        "Is it\nSent from my iPhone",
        "Please read:\n\n" + "Sent from my iPhone is what it says under each mail of mine, " * 3,
        "A list:\n- one\n- two",
        "a\n--\n" + "\n".join(f"{n}" for n in range(13)),
        "It was 5 who wrote:\n",
        "From: me\nTo: you\n\nThat is all",
        "He wrote 5 letters: none came.",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert said_in(text, REPLY) in (text, text.rstrip("\n"))


@pytest.mark.parametrize(
    "subject", ["Fwd: x", "FW: x", "WG: x", "TR : x", "[ext] Fwd: x", "转发：x"]
)
def test_what_is_forwarded_stays(subject: str) -> None:
    text = f"See below.\n\n---------- Forwarded message ---------\n{OUTLOOK}"
    assert said_in(text, subject) == text
    assert said_in(text, REPLY) == "See below."


def test_the_rule_above_the_headers_of_outlook_goes_with_them() -> None:
    assert said_in(f"Yes.\n\n{'_' * 32}\n{OUTLOOK}", REPLY) == "Yes."
    assert said_in(f"Yes.\n\n-----Ursprüngliche Nachricht-----\n{OUTLOOK}", REPLY) == "Yes."


def test_a_rule_alone_is_a_letters_own() -> None:
    assert said_in(f"One\n{'_' * 32}\nTwo", REPLY) == f"One\n{'_' * 32}\nTwo"


def test_headers_in_bold_are_headers() -> None:
    bold = "*From:* Jane <jane@example.org>\n*Sent:* Monday\n*To:* Rosa\n*Subject:* x\n\nOld"
    assert said_in(f"Yes.\n\n{bold}", REPLY) == "Yes."


def test_a_history_that_begins_late_is_not_looked_for() -> None:
    """The bound of what is looked at costs nothing but the cut."""
    text = "Line\n" * 2_000 + INTRODUCTION + "\n> Old"
    assert said_in(text, REPLY) == text
