"""Joins the lines of a text whose program broke them (RFC 3676, format=flowed)."""

from collections.abc import Iterator
from itertools import groupby

SIGNATURE = "-- "


def unflowed(text: str, *, joins: bool) -> str:
    """The text with a line for each paragraph; `joins` where the program added the spaces."""
    lines = (_taken_apart(line) for line in text.split("\n"))
    return "\n".join(
        ("> " if depth == 1 else ">" * depth + " ") + line if depth else line
        for depth, quoted in groupby(lines, key=lambda line: line[0])
        for line in _paragraphs([line for _, line in quoted], joins=joins)
    )


def _taken_apart(line: str) -> tuple[int, str]:
    """How deep it is quoted, and the rest; a space that only protects what follows is dropped."""
    rest = line.lstrip(">")
    return len(line) - len(rest), rest.removeprefix(" ")


def _paragraphs(lines: list[str], *, joins: bool) -> Iterator[str]:
    begun: list[str] = []
    for line in lines:
        if line == SIGNATURE:
            if begun:
                yield "".join(begun)
            yield line
            begun = []
        elif line.endswith(" "):
            begun.append(line[:-1] if joins else line)
        else:
            yield "".join([*begun, line])
            begun = []
    if begun:
        yield "".join(begun)
