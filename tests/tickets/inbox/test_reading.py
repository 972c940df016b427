"""`read` ends soon and within bounds, whatever it is given."""

import subprocess
import sys
from base64 import encodebytes
from pathlib import Path
from time import process_time

import pytest

from tests.harness.processes import ROOT
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


def test_a_message_that_is_too_large_is_refused_with_its_size() -> None:
    with pytest.raises(Unreadable, match="at most 64,000,000 are read"):
        read(HEAD + b"\r\n" + b"x" * LARGEST)


def test_files_are_kept_up_to_25_megabytes_in_all_and_others_are_named() -> None:
    twelve = bytes(12 * 1024 * 1024)
    received = read(
        with_parts(
            attachment("a.pdf", twelve), attachment("b.pdf", twelve), attachment("c.pdf", twelve),
            attachment("small.pdf", b"%PDF"),
        )
    )  # fmt: skip
    assert [file.name for file in received.files] == ["a.pdf", "b.pdf", "small.pdf"]
    assert received.too_large == ("c.pdf",)


def test_a_file_of_exactly_25_megabytes_is_kept_and_one_byte_more_is_not() -> None:
    most = 25 * 1024 * 1024
    assert read(with_parts(attachment("a.pdf", bytes(most)))).too_large == ()
    assert read(with_parts(attachment("a.pdf", bytes(most + 1)))).too_large == ("a.pdf",)


READ_IN_A_PROCESS = """
import resource, sys
from pathlib import Path
from tickets.inbox.reading import read
read(b"From: r@example.com\\r\\n\\r\\nHello")
raw = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
received = read(raw)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(received.files), len(received.too_large), (after - before) * 1024)
"""


@pytest.mark.parametrize(("size", "kept"), [(24_000_000, True), (37_000_000, False)])
def test_50_megabytes_are_read_within_bounded_memory(size: int, kept: bool, tmp_path: Path) -> None:
    """In a process of its own, which has the message already when its memory is looked at."""
    message = tmp_path / "message.eml"
    message.write_bytes(with_parts(b"\r\nHello", attachment("large.pdf", bytes(size))))
    told = subprocess.run(
        [sys.executable, "-c", READ_IN_A_PROCESS, str(message)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    files, left_out, memory = map(int, told.stdout.split())
    assert (files, left_out) == ((1, 0) if kept else (0, 1))
    assert memory < (150_000_000 if kept else 10_000_000)


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


def test_50_megabytes_of_html_are_read_as_far_as_a_text_goes() -> None:
    received = timed(HEAD + b"Content-Type: text/html\r\n\r\nHello" + b"<div>" * 10_000_000, 5)
    assert (received.text, [file.name for file in received.files]) == ("Hello", [])
    assert received.too_large == ("message.html",)


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
