"""Tags as words: one way to write each, few of them, and a sentence for what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.tags import LONGEST, MOST, BadTags, joined, listed, normal, one, refusal, together

LETTERS = st.text(st.characters(codec="utf-8"), max_size=LONGEST + 5)

# --- Refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["x" * 31], "A tag has at most 30 characters: “xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx” has 31."),
        ("x" * 100_000, "has 100,000."),
        (["a,b"], "A comma stands between tags and never within one: “a,b”."),
        (["a\nb"], "A tag holds no line ends, and nothing else that cannot be seen: “a�b”."),
        (["a\0"], "nothing else that cannot be seen"),
        (["\u202eevil"], "nothing else that cannot be seen: “�evil”"),
        (["\u200bzero width"], "nothing else that cannot be seen"),
        (["\ud800"], "nothing else that cannot be seen"),
        ([""], "A tag has at least one character that can be seen."),
        (["\u200d"], "at least one character that can be seen"),
        (["\u0301"], "at least one character that can be seen"),
        ([3], "Tags are words, such as “vip, refund”."),
        (3, "Tags are words"),
        ([["a"]], "Tags are words"),
        ([f"t{n}" for n in range(11)], "A ticket has at most 10 tags, and these are 11."),
        (",".join("abcdefghijk"), "A ticket has at most 10 tags"),
        ("a," * 200_000, "and these are 200,000."),
    ],
)
def test_what_is_no_tag_is_refused_with_a_sentence(given: object, sentence: str) -> None:
    with pytest.raises(BadTags) as error:
        normal(given)
    assert sentence in str(error.value)
    assert len(str(error.value)) < 200
    assert refusal(given) == str(error.value)


# --- What is kept ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("", []),
        (" , ,, ", []),
        ("VIP", ["vip"]),
        ("vip, VIP,Vip ", ["vip"]),
        ("refund,  vip", ["refund", "vip"]),
        ("vip, refund", ["refund", "vip"]),
        (["Late   payer"], ["late payer"]),
        (["E\u0301va", "\u00c9VA"], ["éva"]),
        (["Großkunde"], ["großkunde"]),
        (["👩\u200d💻", "👍🏽"], ["👍🏽", "👩\u200d💻"]),
        (("c++", "c#", "<b>"), ["<b>", "c#", "c++"]),
        (["x" * 30], ["x" * 30]),
        ([f"t{n}" for n in range(10)], [f"t{n}" for n in range(10)]),
    ],
)
def test_a_tag_is_written_in_one_way_and_stands_in_one_order(
    given: object, kept: list[str]
) -> None:
    assert normal(given) == kept
    assert listed(joined(kept)) == kept
    assert listed(given) == kept


@given(st.lists(LETTERS, max_size=MOST + 1))
def test_what_is_kept_is_kept_as_it_stands_from_then_on(words: list[str]) -> None:
    try:
        kept = normal(words)
    except BadTags:
        return
    assert normal(kept) == normal(joined(kept)) == kept
    assert len(kept) <= MOST
    assert all(1 <= len(tag) <= LONGEST and one(tag) == tag for tag in kept)


def test_together_both_have_their_tags_as_far_as_there_is_room() -> None:
    assert together("", "") == ""
    assert together("vip", "") == together("", "vip") == together("vip", "vip") == "vip"
    assert together("vip, x", "a, vip") == "a, vip, x"
    own, others = [f"own{n}" for n in range(7)], [f"a{n}" for n in range(7)]
    assert listed(together(joined(own), joined(others))) == ["a0", "a1", "a2", *own]
    full = joined(f"own{n}" for n in range(10))
    assert together(full, "a") == full


def test_what_was_loaded_past_the_rules_is_shown_within_bounds() -> None:
    shown = listed("x" * 1_000_000)
    assert len(shown) == 1
    assert len(shown[0]) == LONGEST
    assert len(listed(", ".join(f"a{n}" for n in range(1000)))) == MOST
