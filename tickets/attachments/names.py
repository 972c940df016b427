"""The name of a file as its sender gave it, made safe to show, to save and to put into a header."""

import unicodedata

LONGEST_NAME = 200  # characters
LONGEST_BYTES = 255  # in UTF-8: no file system keeps a longer name
LONGEST_ENDING = 20  # characters that still count as the ending of a long name
NAMELESS = "file"

# Joiners that words of Persian and emoji need. All other invisible characters go: those that turn
# the direction of writing make "gpj.exe" out of "exe.jpg".
JOINERS = "\u200c\u200d"
# Of Unicode's categories: control, format, surrogate, private, not assigned, ends of lines.
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
CLOSED_UP = {"Zs": " "}  # all kinds of spaces
FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))  # by Windows, where many save it


def safe_name(given: str) -> str:
    """Without a path, without what cannot be seen, and no longer than names are kept."""
    last = given.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if len(last) > 4 * LONGEST_NAME:  # before each of its characters is looked at
        last = last[: 3 * LONGEST_NAME] + last[-LONGEST_NAME:]
    shown = "".join(_shown(sign) for sign in unicodedata.normalize("NFC", last))
    name = " ".join(shown.translate(FORBIDDEN).split()).strip(". ")
    return _shortened(name) if name.strip(JOINERS) else NAMELESS


def ending_of(name: str) -> str:
    """Such as "png"; "" where there is none."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def _shown(sign: str) -> str:
    category = unicodedata.category(sign)
    if category in INVISIBLE and sign not in JOINERS:
        return ""
    return CLOSED_UP.get(category, sign)


def _shortened(name: str) -> str:
    """A name that is too long loses the end of its stem, and keeps its ending."""
    ending = ending_of(name)
    ending = f".{ending}" if ending and len(ending) <= LONGEST_ENDING else ""
    stem = name[: len(name) - len(ending)][: LONGEST_NAME - len(ending)]
    room = LONGEST_BYTES - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + ending
