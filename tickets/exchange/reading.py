"""Reads a table of tickets, CSV as spreadsheets and other systems write it, row by row.

A file that is no such table at all is `Unreadable`, in one sentence. Nothing is kept of a row once
the next one is read, so a file may be larger than the memory.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

REQUIRED = ("id", "subject", "queue")
OPTIONAL = (
    "description", "status", "priority", "assignee", "requester_name", "requester_email",
    "created_at", "due_at", "tags",
)  # fmt: skip
# As other systems and people call them.
ALSO = {
    "external_id": "id", "title": "subject", "body": "description", "state": "status",
    "assigned_to": "assignee", "requester": "requester_name", "email": "requester_email",
    "created": "created_at", "due": "due_at",
}  # fmt: skip
MOST_ROWS = 500_000
LARGEST_CELL = 131_072  # characters; a description has at most 50,000
LONGEST_LINE = 1_000_000  # characters
BLOCK = 1_000_000  # bytes that are looked at together
OF_SPREADSHEETS = "save it as CSV in UTF-8"


class Unreadable(Exception):
    """The file is no table of tickets. The message says why and where, in one sentence."""


@dataclass(frozen=True, slots=True)
class Record:
    number: int  # as a spreadsheet counts: the header is row 1
    cells: dict[str, str]  # by column
    trouble: str = ""  # why the cells are none


@dataclass(frozen=True, slots=True)
class Table:
    path: Path
    columns: tuple[str, ...]  # of the file, by our names; "" for one that is not read
    unread: tuple[str, ...]  # the file's names of those
    delimiter: str

    @classmethod
    def open(cls, path: Path) -> "Table":
        """Look at the file's header. Raises Unreadable, or OSError if it cannot be read."""
        _must_be_utf_8(path)
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(LARGEST_CELL)
        delimiter = ";" if first.count(";") > first.count(",") else ","
        try:
            names = next(csv.reader([first], delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            raise Unreadable(f"{path.name}, row 1: {error}.") from None
        columns = tuple(_column(name) for name in names)
        for column in REQUIRED:
            if column not in columns:
                raise Unreadable(
                    f"{path.name}, row 1: the header must name the column {column}; it needs"
                    f" {', '.join(REQUIRED)}, and may have {', '.join(OPTIONAL)}, in any order,"
                    " separated by commas or semicolons."
                )
        for column in filter(None, columns):
            if columns.count(column) > 1:
                raise Unreadable(f"{path.name}, row 1: the header names {column} twice.")
        unread = tuple(name for name, column in zip(names, columns, strict=True) if not column)
        return cls(path, columns, unread, delimiter)

    def records(self) -> Iterator[Record]:
        """The rows below the header; empty ones are left out."""
        number = 1
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            limit = csv.field_size_limit(LARGEST_CELL)
            rows = csv.reader(self._lines(file), delimiter=self.delimiter, strict=True)
            try:
                for number, values in enumerate(rows, start=1):
                    if number > MOST_ROWS + 1:
                        raise Unreadable(
                            f"{self.path.name} has more than {MOST_ROWS:,} rows: split it."
                        )
                    if number > 1 and any(values):
                        yield self._record(number, values)
            except csv.Error as error:
                raise Unreadable(
                    f"{self.path.name}, row {number + 1}: {_in_words(error)}."
                ) from None
            finally:
                csv.field_size_limit(limit)

    def _lines(self, file: TextIO) -> Iterator[str]:
        while line := file.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE:
                raise Unreadable(
                    f"{self.path.name} has a line of more than {LONGEST_LINE:,} characters."
                )
            yield line

    def _record(self, number: int, values: list[str]) -> Record:
        if len(values) != len(self.columns):
            fields = "1 field" if len(values) == 1 else f"{len(values)} fields"
            trouble = f"it has {fields}, and the header has {len(self.columns)}"
            return Record(number, {}, trouble)
        pairs = zip(self.columns, values, strict=True)
        return Record(number, {column: value for column, value in pairs if column})


def _column(name: str) -> str:
    """Our name of a column; "" for one that is not read."""
    plain = "_".join(name.strip().casefold().replace("-", " ").replace("_", " ").split())
    plain = ALSO.get(plain, plain)
    return plain if plain in (*REQUIRED, *OPTIONAL) else ""


def _in_words(error: csv.Error) -> str:
    if "field limit" in f"{error}":
        return (
            f"a field of more than {LARGEST_CELL:,} characters; is a quote missing that ends a"
            " field"
        )
    if "unexpected end of data" in f"{error}":
        return "a quote is missing that ends the last field"
    return f'{error}; fields with separators, quotes or line ends in them stand in "quotes"'


def _must_be_utf_8(path: Path) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, is_empty = 1, True
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            if is_empty and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                raise Unreadable(f"{path.name} is UTF-16, and not UTF-8: {OF_SPREADSHEETS}.")
            is_empty = False
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line += error.object[: error.start].count(b"\n")
                raise Unreadable(
                    f"{path.name}, line {line}: byte {error.object[error.start]:#04x} is not UTF-8:"
                    f" {OF_SPREADSHEETS}."
                ) from None
            line += block.count(b"\n")
    if is_empty:
        raise Unreadable(f"{path.name} is empty: it must have a header and a row for each ticket.")
    if decoder.getstate()[0]:
        raise Unreadable(f"{path.name} ends within a letter: it is not whole.")
