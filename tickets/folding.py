"""The one definition of the words of a search, and of what it takes for the same: texts that differ
only in case, accents or Unicode's normal form are the same once they are folded."""

from unicodedata import combining, normalize

MOST_WORDS = 10  # of a search, each of which costs a look at all texts

# Latin letters with an accent that Unicode does not take apart.
UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
)


def fold(text: str) -> str:
    """The letters alone: "Éva", "eva" and "EVA" are "eva", "Straße" is "strasse"."""
    if text.isascii():
        return text.lower()
    letters = normalize("NFKD", normalize("NFKD", text).casefold()).translate(UNDECOMPOSED)
    return "".join(letter for letter in letters if not combining(letter))


def words_of(text: str) -> list[str]:
    return fold(text).split()
