"""HTML becomes text in a time that its size bounds, whatever it is made of."""

from time import process_time

import pytest

from tickets.inbox.body import MOST_READ
from tickets.inbox.html import text_of_html


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 200_000,
        "<b>" * 300_000,
        "<p>" * 300_000,
        "<table><tr><td>" * 60_000,
        "<blockquote>" * 80_000 + "x",
        "<blockquote>" * 300 + "<br>" * 200_000,
        "<a href='https://example.com/'>" * 30_000,
        "<ul><li>" * 100_000,
        "<li>" * 200_000,
        "<pre>" + "\n" * 900_000,
        "<p " + "a=b " * 200_000 + ">x",
        "<p style='" + "a:b;" * 200_000 + "'>x",
        "&" * 900_000,
        "&lt;" * 200_000,
        "<" * 900_000,
        "<!--" * 200_000,
        "<svg>" * 150_000,
        "<form><input>" * 70_000,
        "<select><option>" * 60_000,
        "<font>x</b>" * 80_000,
        "<p><b><i><u><a>" * 60_000,
        " " * 900_000,
        "x" * 900_000,
        "<b>x</b>" * 110_000,
    ],
    ids=lambda html: html[:20].replace(" ", "_"),
)
def test_no_html_holds_the_process(html: str) -> None:
    begun = process_time()
    text, _ = text_of_html(html[:MOST_READ])
    assert process_time() - begun < 5
    assert len(text) <= 3 * MOST_READ


@pytest.mark.parametrize("depth", [10, 200, 2_000])
def test_a_text_is_found_where_it_is_deep(depth: int) -> None:
    html = "<div>" * depth + "here" + "</div>" * depth + "after"
    assert text_of_html(html) == ("here\nafter", True)


@pytest.mark.parametrize("depth", [3_000, 100_000])
def test_what_is_too_deep_to_be_read_is_said(depth: int) -> None:
    assert text_of_html("before" + "<div>" * depth + "here") == ("before", False)


def seen(html: str) -> str:
    text, is_all = text_of_html(html)
    assert is_all
    return text


@pytest.mark.parametrize(
    "style",
    ["display:none", "color:red; DISPLAY : none !important", "visibility:hidden", "mso-hide:all",
     "font-size:0", "font-size: 0.0px;", "max-height:0px", "opacity:0"],
)  # fmt: skip
def test_what_is_hidden_does_not_show(style: str) -> None:
    assert seen(f'<p>a</p><div style="{style}">hidden <b>deep</b></div><p>b') == "a\n\nb"


@pytest.mark.parametrize(
    "style", ["font-size:0.9em", "opacity:0.5", "max-height:100px", "x-display:none"]
)
def test_what_is_only_small_shows(style: str) -> None:
    assert seen(f'<span style="{style}">seen</span>') == "seen"


@pytest.mark.parametrize("tag", ["script", "style", "title", "template", "svg", "object", "iframe"])
def test_what_is_no_text_does_not_become_one(tag: str) -> None:
    assert seen(f"<body>a <{tag}>alert(1)</{tag}> b") == "a b"


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ('<a href="https://example.com/x">page</a>', "page <https://example.com/x>"),
        ('<a href="https://example.com/">example.com</a>', "example.com"),
        ('<a href="https://evil.example/">https://example.com/</a>',
         "https://example.com/ <https://evil.example/>"),
        ('<a href="mailto:tom@example.com">Tom</a>', "Tom <mailto:tom@example.com>"),
        ('<a href="javascript:alert(1)">click</a>', "click"),
        ('<a href="data:text/html,x">click</a>', "click"),
        ('<a href="https://example.com/a b">click</a>', "click"),
        ('<a href="https://example.com/x"><img alt="Logo"></a>', "[Logo] <https://example.com/x>"),
        ('<a name="here">plain</a>', "plain"),
    ],
)  # fmt: skip
def test_a_link_keeps_its_address_and_hides_none(link: str, text: str) -> None:
    assert seen(link) == text


def test_white_space_is_as_a_browser_shows_it() -> None:
    html = "<p> one\n two <b> three</b> </p><div>four</div><div>five<br><br>six</div>"
    assert seen(html) == "one two three\n\nfour\nfive\n\nsix"


def test_quotes_are_marked_as_deep_as_they_are() -> None:
    html = "a<blockquote>b<blockquote>c</blockquote>d</blockquote>e"
    assert seen(html) == "a\n\n> b\n>\n>> c\n>\n> d\n\ne"
