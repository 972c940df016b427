"""What is folded is the same, whatever its case, accents and normal form."""

import sys
from typing import Literal
from unicodedata import normalize

import pytest

from tickets.folding import fold

FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Éva NAGY", "eva nagy"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("İstanbul ıssız", "istanbul issiz"),
        ("Ångström", "angstrom"),
        ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
        ("ﬁle №５", "file no5"),
        ("100%_\\", "100%_\\"),
        ("東京タワー", "東京タワー"),
    ],
)
def test_letters_are_told_by_their_base_alone(written: str, folded: str) -> None:
    assert {fold(normalize(form, written)) for form in FORMS} == {folded}
    assert fold(written.lower()) == fold(written.upper()) == folded


def test_it_holds_for_every_character() -> None:
    for point in range(0, sys.maxunicode, 7):
        letter = chr(point)
        if normalize("NFC", letter) and not 0xD800 <= point < 0xE000:
            folded = fold(letter)
            assert fold(folded) == fold(letter.upper()) == fold(letter.lower()) == folded
            assert fold(normalize("NFD", letter)) == folded
