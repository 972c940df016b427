"""What becomes a link in what people write, and what stays text. The same table is put to
static/tickets/said.js."""

import json
import time
from pathlib import Path

import pytest

from tickets.links import MOST, paragraphs
from tickets.templatetags.said import said
from tickets.texts import LONGEST_TEXT

TABLE = json.loads((Path(__file__).parent / "links.json").read_text())


@pytest.mark.parametrize(("text", "pieces"), TABLE)
def test_addresses_are_found_and_nothing_else(text: str, pieces: list[list[object]]) -> None:
    assert [[*piece] for piece in paragraphs(text)[0]] == pieces


def test_paragraphs_put_together_are_the_text() -> None:
    text = "\n one\ntwo\r\n\r\n \n http://a.example\n\n\nthree \n"
    found = paragraphs(text)
    assert len(found) == 3
    assert "".join(words for pieces in found for words, _ in pieces) == text


def test_the_end_of_a_text_that_is_cut_is_no_address() -> None:
    assert paragraphs("see http://a.exam", is_cut=True)[0][-1] == ("see http://a.exam"[4:], False)
    assert paragraphs("http://a.example now", is_cut=True)[0][0] == ("http://a.example", True)
    assert said("", True) == '<p dir="auto"></p>'


def test_what_people_write_is_escaped_within_links_and_around_them() -> None:
    shown = said("<b> http://a.example/?x=1&y=&quot;<b>\n\n\u05e9\u05dc\u05d5\u05dd & so on")
    assert shown == (
        '<p dir="auto">&lt;b&gt; '
        '<a href="http://a.example/?x=1&amp;y=&amp;quot" dir="ltr" target="_blank"'
        ' rel="noopener noreferrer nofollow">http://a.example/?x=1&amp;y=&amp;quot</a>;&lt;b&gt;\n\n</p>'
        '<p dir="auto">\u05e9\u05dc\u05d5\u05dd &amp; so on</p>'
    )


@pytest.mark.parametrize(
    "unit",
    [
        "http://a ",
        "mailto:",
        "mailto:a",
        "a\n\n",
        "\n \n",
        ")",
        "http://a/)",
        "http:",
        "\n" + " " * 50,
    ],
)
def test_no_text_is_long_work_or_a_page_full_of_links(unit: str) -> None:
    text = f"http://a.example/{unit * (LONGEST_TEXT // len(unit))}x"
    begun = time.process_time()
    found = paragraphs(text)
    assert time.process_time() - begun < 0.5
    assert len(found) <= MOST
    assert sum(is_address for pieces in found for _, is_address in pieces) <= MOST
    assert "".join(words for pieces in found for words, _ in pieces) == text
