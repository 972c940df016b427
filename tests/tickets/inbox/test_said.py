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
        "Hello,\n\nOn Monday your colleague wrote:\nrestart it.\nI did.",
        "Hello,\n\nLe client a écrit :\nrien ne marche",
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


@pytest.mark.parametrize(
    "headers",
    [
        "From: J\nSent: 5\nTo: R\nSubject: x",
        "From: J\nDate: 5\nTo: R\nCc: T\nSubject: x",
        "Von: J\nGesendet: 5\nAn: R\nBetreff: x",
        "De : J\nEnvoyé : 5\nÀ : R\nObjet : x",
        "De: J\nEnviado el: 5\nPara: R\nAsunto: x",
        "De: J\nEnviada em: 5\nPara: R\nAssunto: x",
        "Da: J\nInviato: 5\nA: R\nOggetto: x",
        "Van: J\nVerzonden: 5\nAan: R\nOnderwerp: x",
        "Från: J\nSkickat: 5\nTill: R\nÄmne: x",
        "Fra: J\nSendt: 5\nTil: R\nEmne: x",
        "Lähettäjä: J\nLähetetty: 5\nVastaanottaja: R\nAihe: x",
        "Od: J\nWysłano: 5\nDo: R\nTemat: x",
        "Od: J\nOdesláno: 5\nKomu: R\nPředmět: x",
        "От: J\nОтправлено: 5\nКому: R\nТема: x",
        "Kimden: J\nGönderildi: 5\nKime: R\nKonu: x",
        "Feladó: J\nElküldve: 5\nCímzett: R\nTárgy: x",
        "发件人: J\n发送时间: 5\n收件人: R\n主题: x",
        "差出人: J\n送信日時: 5\n宛先: R\n件名: x",
        "보낸 사람: J\n보낸 날짜: 5\n받는 사람: R\n제목: x",
    ],
    ids=lambda headers: headers.split(":")[0],
)
def test_the_headers_that_outlook_puts_above_a_history_are_known(headers: str) -> None:
    assert said_in(f"Yes.\n\n{headers}\n\nOld", REPLY) == "Yes."


@pytest.mark.parametrize(
    "introduction",
    [
        INTRODUCTION,
        "On Monday, January 5th, 2026 at 10:00 AM, Jane Doe <jane@example.org> wrote:",
        "Jane Doe wrote on 05.01.2026 10:00:",
        "Am 05.01.26 um 10:00 schrieb Jane Doe:",
        "Jane Doe schrieb am 05.01.2026 um 10:00:",
        "Le 05/01/2026 à 10:00, Jane Doe a écrit :",
        "El 05/01/2026 a las 10:00, Jane Doe escribió:",
        "Em 05/01/2026 10:00, Jane Doe escreveu:",
        "Il 05/01/26 10:00, Jane Doe ha scritto:",
        "Op 05-01-2026 om 10:00 schreef Jane Doe:",
        "Den 2026-01-05 kl. 10:00, skrev Jane Doe:",
        "Den 05.01.2026 kl. 10.00 skrev Jane Doe:",
        "Jane Doe kirjoitti 5.1.2026 klo 10.00:",
        "W dniu 05.01.2026 o 10:00, Jane Doe pisze:",
        "Dne 05. 01. 26 v 10:00 Jane Doe napsal(a):",
        "2026. 01. 05. 10:00 keltezéssel, Jane Doe írta:",
        "05.01.2026 10:00, Jane Doe пишет:",
        "5 Ocak 2026 10:00 tarihinde Jane Doe yazdı:",
        "Στις 5/1/26 10:00, ο/η Jane Doe έγραψε:",
        "在 2026/1/5 10:00, Jane Doe 写道:",
        "(2026/01/05 10:00), Jane Doe さんは書きました:",
    ],
)
def test_the_introductions_of_programs_are_known(introduction: str) -> None:
    assert said_in(f"Yes.\n\n{introduction}\n> Old\n", REPLY) == "Yes."
