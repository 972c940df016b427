"""The names of files: what is left of what a stranger has called them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.attachments.names import LONGEST_BYTES, LONGEST_NAME, ending_of, safe_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\jonas\\Brief.docx", "Brief.docx"),
        ("/", "file"),
        ("", "file"),
        ("..", "file"),
        (".", "file"),
        (".htaccess", "htaccess"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),  # shown, it would end in "exe.jpg"
        ("a\u2066b\u2069c\u200f.txt", "abc.txt"),
        ("name\r\nSet-Cookie: a=b.txt", "nameSet-Cookie_ a=b.txt"),
        ("tab\there\0nul\x7f.txt", "tabherenul.txt"),
        ("line\u2028end.txt", "lineend.txt"),
        ('say "hello"; filename=x.txt', "say _hello_; filename=x.txt"),
        ("a<b>c|d?e*f.txt", "a_b_c_d_e_f.txt"),
        ("many    spaces \u00a0\u3000 .txt", "many spaces.txt"),
        ("u\u0308ber.txt", "über.txt"),
        ("חשבון.pdf", "חשבון.pdf"),
        ("👩\u200d🔧.png", "👩\u200d🔧.png"),  # the joiner makes it one person
        ("\u200d\u200d", "file"),
        ("\ud800.txt", "txt"),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert safe_name(given) == kept


@pytest.mark.parametrize("sign", ["x", "ü", "鍵", "👍"])
def test_a_name_that_is_too_long_keeps_its_ending(sign: str) -> None:
    name = safe_name(sign * 5000 + ".tar.PNG")
    assert len(name) <= LONGEST_NAME
    assert len(name.encode()) <= LONGEST_BYTES
    assert name.startswith(sign * 50)
    assert ending_of(name) == "png"


def test_an_ending_without_end_is_none() -> None:
    assert safe_name("a." + "b" * 5000) == "a." + "b" * (LONGEST_NAME - 2)


@given(st.text(max_size=600))
def test_whatever_it_is_called_it_can_be_shown_and_kept(given: str) -> None:
    name = safe_name(given)
    assert 1 <= len(name) <= LONGEST_NAME
    assert len(name.encode()) <= LONGEST_BYTES  # and it can be encoded at all
    assert not {"/", "\\", '"'} & set(name)
    assert name not in (".", "..")
    assert all(unicodedata.category(sign) not in ("Cc", "Zl", "Zp", "Cs") for sign in name)
    assert safe_name(name) == name
