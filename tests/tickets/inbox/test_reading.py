"""`read` ends soon and within bounds, whatever it is given."""

import subprocess
import sys
from base64 import encodebytes
from pathlib import Path
from time import process_time

import pytest

from tests.harness.processes import ROOT
from tickets.inbox import files, reading
from tickets.inbox.message import Kind, Received, Unreadable
from tickets.inbox.reading import LARGEST, read

HEAD = b"From: r@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"


def mixed(*parts: bytes, boundary: bytes = b"q") -> bytes:
    between = b"--" + boundary + b"\r\n"
    return b"".join(between + part + b"\r\n" for part in parts) + b"--" + boundary + b"--\r\n"


def with_parts(*parts: bytes) -> bytes:
    return HEAD + b'Content-Type: multipart/mixed; boundary="q"\r\n\r\n' + mixed(*parts)


def attachment(name: str, content: bytes) -> bytes:
    head = (
        f'Content-Type: application/pdf; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    )
    return head.encode() + encodebytes(content)


def timed(raw: bytes, most: float) -> Received:
    """Read, in at most so many seconds of CPU: a machine that is busy with others takes none."""
    begun = process_time()
    received = read(raw)
    assert process_time() - begun < most
    return received


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "The message is empty."),
        (b"\r\n\r\n", "The message is empty."),
        (b"\x00\x01\x02 no header", "The message has no headers: it is not one."),
        (b"\r\n\r\nOnly a body", "The message has no headers: it is not one."),
    ],
)
def test_what_is_no_message_is_refused_with_a_sentence(raw: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        read(raw)


def test_a_message_that_is_too_large_is_refused_with_its_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert LARGEST == 64_000_000
    monkeypatch.setattr(reading, "LARGEST", 1_000)
    with pytest.raises(Unreadable, match="has 1,044 bytes; at most 1,000 are read"):
        read(HEAD + b"\r\n" + b"x" * (1_042 - len(HEAD)))


def test_files_are_kept_up_to_25_megabytes_in_all_and_others_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert files.MOST_KEPT == 25 * 1024 * 1024
    monkeypatch.setattr(files, "MOST_KEPT", 25_000)
    twelve, little = bytes(12_000), b"%PDF"
    received = read(
        with_parts(
            attachment("a.pdf", twelve), attachment("b.pdf", twelve), attachment("c.pdf", twelve),
            attachment("little.pdf", little),
        )
    )  # fmt: skip
    assert [file.name for file in received.files] == ["a.pdf", "b.pdf", "little.pdf"]
    assert received.too_large == ("c.pdf",)


def test_a_file_as_large_as_all_may_be_is_kept_and_one_byte_more_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(files, "MOST_KEPT", 25_000)
    assert read(with_parts(attachment("a.pdf", bytes(25_000)))).too_large == ()
    assert read(with_parts(attachment("a.pdf", bytes(25_001)))).too_large == ("a.pdf",)


# What the process had at most; `ru_maxrss` would begin with what its parent had.
READ_IN_A_PROCESS = """
import re, sys
from pathlib import Path
from time import process_time
from tickets.inbox.reading import read
def most():
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
read(b"From: r@example.com\\r\\n\\r\\nHello")
raw = Path(sys.argv[1]).read_bytes()
before, begun = most(), process_time()
received = read(raw)
print(most() - before, process_time() - begun, *(file.name for file in received.files))
print(*received.too_large)
"""
PDF = b"Content-Type: application/pdf; name=large.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "line", "megabytes", "kept", "left_out"),
    [
        (PDF, b"A" * 76, 32, "large.pdf", ""),
        (PDF, b"A" * 76, 50, "", "large.pdf"),
        (HTML, b"<div>" * 20, 50, "", "message.html"),
        (b"\r\n", b"A line of a text", 50, "", "message.txt"),
    ],
    ids=["a file that is kept", "a file that is not", "HTML", "text"],
)
def test_50_megabytes_are_read_within_bounded_memory_and_time(
    head: bytes, line: bytes, megabytes: int, kept: str, left_out: str, tmp_path: Path
) -> None:
    message = tmp_path / "message.eml"
    thousand = (line + b"\r\n") * 1_000
    with message.open("wb") as file:
        file.write(HEAD + b'Content-Type: multipart/mixed; boundary="q"\r\n\r\n--q\r\n' + head)
        for _ in range(megabytes * 1_000_000 // len(thousand)):
            file.write(thousand)
        file.write(b"--q--\r\n")
    told = subprocess.run(
        [sys.executable, "-c", READ_IN_A_PROCESS, str(message)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    (memory, took, *names), others = map(str.split, told.stdout.split("\n")[:2])
    assert (" ".join(names), " ".join(others)) == (kept, left_out)
    assert int(memory) < (150_000_000 if kept else 80_000_000)
    assert float(took) < 5


def test_a_thousand_levels_are_read_as_far_as_people_write_and_the_rest_is_a_file() -> None:
    nested = b"\r\nDeepest"
    for level in range(1000, 0, -1):
        head = f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n'
        nested = head.encode() + mixed(nested, boundary=f"b{level}".encode())
    received = timed(HEAD + nested, 2)
    assert [file.name for file in received.files] == ["nested.eml"]
    assert b"Deepest" in received.files[0].content


def test_ten_thousand_parts_are_read_as_five_hundred_and_the_rest_is_a_file() -> None:
    received = timed(with_parts(*[b"\r\nHello"] * 10_000), 2)
    assert received.text.count("Hello") + received.files[-1].content.count(b"Hello") == 10_000


def test_levels_that_all_have_the_same_boundary_end() -> None:
    same = b'Content-Type: multipart/mixed; boundary="q"\r\n\r\n'
    assert "Hello" in timed(HEAD + same + (b"--q\r\n" + same) * 300 + b"--q\r\n\r\nHello", 2).text


def test_a_text_longer_than_is_read_is_kept_whole_as_a_file() -> None:
    received = timed(HEAD + b"\r\n" + b"A line of a long text.\r\n" * 100_000, 5)
    assert len(received.text) <= 1_000_000
    assert [(file.name, len(file.content)) for file in received.files] == [
        ("message.txt", 2_400_000)
    ]


def test_html_that_shows_nothing_is_kept_as_a_file() -> None:
    received = read(HEAD + b"Content-Type: text/html\r\n\r\n<img src='https://example.net/x.png'>")
    assert (received.text, [file.name for file in received.files]) == ("", ["message.html"])


def test_a_fault_of_ours_is_logged_and_keeps_the_message_aside(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(root: object) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr("tickets.inbox.reading.body_of", broken)
    with pytest.raises(Unreadable, match="by a fault that is logged: IndexError"):
        read(HEAD + b"\r\nHello")
    assert "list index out of range" in caplog.text


@pytest.mark.parametrize(
    "header",
    [
        b"To: " + b"a@example.com, " * 100_000,
        b"To: " + b"(" * 200_000,
        b'To: "' + b'\\"' * 100_000,
        b"To: " + b"<" * 200_000,
        b"References: " + b"<a@b> " * 100_000,
        b"Subject: " + b"=?utf-8?q?" * 50_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 50_000,
        b"Subject: x\r\n" + b" folded\r\n" * 100_000,
        b"X: y\r\n" * 100_000,
        b"Content-Type: text/plain" + b'; a="b;' * 50_000,
        b"Content-Type: text/plain" + b"".join(b"; a*%d=b" % n for n in range(20_000)),
        b'Content-Type: multipart/mixed; boundary="' + b"(" * 100_000 + b'"',
        b"Date: " + b"1 " * 100_000,
        b"Auto-Submitted: " + b" (" * 100_000,
    ],
    ids=lambda header: header[:30].decode("ascii", "replace"),
)
def test_no_header_holds_the_process(header: bytes) -> None:
    timed(b"From: r@example.com\r\n" + header + b"\r\n\r\nHello\r\n", 3)


@pytest.mark.parametrize(
    "body",
    [
        b"On 5 wrote " * 100_000,
        b"On 5 wrote:\r\n" * 50_000,
        (b"Am 5 " + b" schrieb " * 21 + b"\r\n") * 4_000,
        (b"Op 5 " + b" heeft " * 26 + b"gesch\r\n") * 4_000,
        b"Am 5 " + b" schrieb " * 10_000,
        b"From: a\r\nTo: b\r\n" * 50_000,
        b"a: b\r\n" * 100_000,
        b"> " * 400_000,
        b"> a\r\n\r\n" * 100_000,
        b"> a\r\nb\r\n" * 100_000,
        b"________________________________\r\n" * 20_000,
        b"-----Original Message-----\r\n" * 20_000,
        b"Sent from my " * 50_000,
        (b"Sent from my " + b"iphon " * 17 + b"\r\n") * 8_000,
        b"--\r\n" * 200_000,
        b"\r\n" * 400_000,
        b" " * 900_000,
        b"2026 <" + b"a@" * 300_000,
        "2026年1月5日 <".encode().join([b""] * 50_000),
    ],
    ids=lambda body: body[:20].decode("ascii", "replace"),
)
def test_no_text_holds_the_process(body: bytes) -> None:
    received = timed(HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body, 5)
    assert received.said or not received.text
    assert received.kind is Kind.LETTER
