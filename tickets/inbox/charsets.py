"""Bytes of a message as text, whatever its headers say of them, and text that can be stored.

What a message says of its charset is often wrong, so it is only where we begin. The order is that
of browsers: what is declared, then UTF-8, which other charsets hardly ever look like by chance,
then Windows-1252, to which nearly every byte is something.
"""

import codecs
import re

# What Windows writes under these names is more than they stand for.
WIDER = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
# Names that mailers write and Python does not know.
NAMES = {"iso-8859-8-i": "iso-8859-8", "iso-8859-6-i": "iso-8859-6", "cp-850": "cp850"}
# Codecs that are no charset of a text; those for domain names take forever with a long one.
NO_CHARSETS = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# How ISO-2022-JP begins, which looks like ASCII to everybody else.
JAPANESE = (b"\x1b$B", b"\x1b$@")

UNSTORABLE = re.compile("[\0\ud800-\udfff]")
LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85]")
CONTROLS = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f]")


def decoded(content: bytes, declared: str | None) -> str:
    """All of the content as text, with � for what cannot be read."""
    for charset in _candidates(content, declared):
        try:
            return storable(content.decode(charset))
        except ValueError:  # it is another one after all
            continue
    name = charset_of(declared) or "utf-8"
    if name in ("utf-8", "utf-7") or name.startswith("cp125"):
        return storable(_western(content))
    return storable(content.decode(name, "replace"))


def charset_of(declared: str | None) -> str | None:
    """The codec that a declared charset means, or None where it means nothing."""
    name = (declared or "").strip().strip("\"'").lower()[:40]
    name = NAMES.get(name, name)
    try:
        "".encode(name)  # refuses what is no charset of texts, such as hex
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):  # the latter for a name that cannot be one
        return None
    return None if codec in NO_CHARSETS else WIDER.get(codec, codec)


def storable(text: str) -> str:
    """The text as PostgreSQL can store it."""
    return UNSTORABLE.sub("\ufffd", text)


def tidy(text: str) -> str:
    """The text with the desk's own line ends, and � for other control characters."""
    return CONTROLS.sub("\ufffd", LINE_ENDS.sub("\n", storable(text)))


def _candidates(content: bytes, declared: str | None) -> list[str]:
    for mark, charset in MARKS:
        if content.startswith(mark):
            return [charset]
    name = charset_of(declared)
    if name and name.startswith(("utf-16", "utf-32")) and b"\0" not in content:
        name = None  # spaces and ends of lines would have one
    if name in (None, "utf-8") and any(escape in content for escape in JAPANESE):
        return ["iso2022_jp_ext", "utf-8"]
    return [name, "utf-8"] if name else ["utf-8"]


def _western(content: bytes) -> str:
    """What is not UTF-8: a damaged UTF-8, if more of its characters are whole than not."""
    text = content.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(not character.isascii() for character in text) - broken
    return text if whole > broken else content.decode("cp1252", "replace")
