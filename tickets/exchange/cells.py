"""The cells of a table, and how a text in one is kept from becoming a formula.

A spreadsheet computes what begins with =, +, -, @, a tab or an end of line, whatever the quotes
around it, and a formula can send what stands in the sheet elsewhere. Texts come from anybody who
writes to the desk. So such a one gets an apostrophe before it, which has a spreadsheet take it as
text, and which is taken off again when the table is imported.
https://owasp.org/www-community/attacks/CSV_Injection
"""

APOSTROPHE = "'"
# A text that begins with an apostrophe gets one too: else that would be lost on the way back. The
# last ones are the signs of East Asian keyboards, which some spreadsheets take for the same.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", APOSTROPHE, "＝", "＋", "－", "＠")


def disarmed(text: str) -> str:
    return APOSTROPHE + text if text.startswith(DANGEROUS) else text


def as_meant(cell: str) -> str:
    """The text of a cell, without the apostrophe that disarms it."""
    rest = cell.removeprefix(APOSTROPHE)
    return rest if rest != cell and rest.startswith(DANGEROUS) else cell
