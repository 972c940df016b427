"""What a file is, by its content."""

import time

import pytest

from tests.tickets.attachments.samples import HTML, PDF, SVG, gif, jpeg, png, webp
from tickets.attachments.sniffing import HEAD, MOST_PIXELS, Kind, kind_of


@pytest.mark.parametrize(
    ("content", "name", "type"),
    [
        (png(30, 20), "a.png", "image/png"),
        (jpeg(30, 20), "a.JPG", "image/jpeg"),
        (jpeg(30, 20), "a.jpeg", "image/jpeg"),
        (gif(30, 20), "a.gif", "image/gif"),
        (webp(30, 20), "a.webp", "image/webp"),
    ],
)
def test_a_picture_is_shown_where_content_header_and_name_agree(
    content: bytes, name: str, type: str
) -> None:
    assert kind_of(content, name) == Kind(type, 30, 20)


@pytest.mark.parametrize(
    ("content", "name", "type"),
    [
        (HTML, "a.png", "text/plain"),
        (SVG, "a.svg", "text/plain"),
        (SVG, "a.png", "text/plain"),
        (b"\xef\xbb\xbf" + HTML, "a.gif", "text/plain"),
        (png(), "a.html", "image/png"),
        (png(), "a.jpg", "image/png"),
        (png(), "a", "image/png"),
        (gif(), "gif", "image/gif"),
        (PDF, "a.png", "application/pdf"),
        (PDF, "a.pdf", "application/pdf"),
        (b"%PDF-1.4 all of it is text", "a.txt", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n" + HTML, "a.png", "image/png"),  # no width, no height
        (b"\xff\xd8\xff" + HTML, "a.jpg", "image/jpeg"),
        (b"GIF89a", "a.gif", "image/gif"),
        (b"RIFF\x04\0\0\0WEBP", "a.webp", "image/webp"),
        (png(0, 7), "a.png", "image/png"),
        (b"\0", "a.png", "application/octet-stream"),
        ("Grüße\n".encode(), "a.exe", "text/plain"),
        ("Grüße\n".encode("latin1"), "a.txt", "application/octet-stream"),
    ],
)
def test_what_only_says_that_it_is_a_picture_is_never_shown(
    content: bytes, name: str, type: str
) -> None:
    assert kind_of(content, name) == Kind(type)


def test_a_picture_that_is_a_page_as_well_is_a_picture_alone() -> None:
    """Served as a PNG, with nosniff, nothing in it runs."""
    assert kind_of(png(3, 2, text=HTML), "a.png") == Kind("image/png", 3, 2)
    assert kind_of(png(3, 2) + HTML, "a.png") == Kind("image/png", 3, 2)


@pytest.mark.parametrize(("width", "height"), [(2**31 - 1, 2**31 - 1), (MOST_PIXELS + 1, 1)])
def test_a_picture_that_would_fill_the_memory_of_a_browser_is_only_saved(
    width: int, height: int
) -> None:
    assert kind_of(png(width, height), "bomb.png") == Kind("image/png")
    assert kind_of(gif(65535, 65535), "bomb.gif") == Kind("image/gif")


def test_the_largest_that_is_shown() -> None:
    assert kind_of(png(MOST_PIXELS // 10_000, 10_000), "a.png").width == MOST_PIXELS // 10_000


def test_a_zip_file_is_what_its_name_says_only_among_what_it_may_be() -> None:
    zipped = b"PK\x03\x04" + b"\x14\0\x06\0\x08\0" + b"\0" * 400
    assert "wordprocessingml" in kind_of(zipped, "a.docx").type
    assert kind_of(zipped, "a.png").type.startswith("application/")


def test_a_text_that_is_cut_within_a_character_is_text() -> None:
    head = ("x" + "é" * HEAD).encode()[:HEAD]
    assert kind_of(head, "a.txt") == Kind("text/plain")


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff" + b"\xff\xfe\x00\x02" * (HEAD // 4),  # segments of nothing
        b"\xff" * HEAD,
        b"RIFF\xff\xff\xff\xffWEBP" + b"JUNK\0\0\0\0" * (HEAD // 8),
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * (HEAD // 12),
        b"GIF89a" + b"\xff" * HEAD,
        b"\xff\xd8\xff\xe1\xff\xffExif\0\0II*\0\x08\0\0\0\xff\xff" + b"\xff" * HEAD,
    ],
)
def test_a_header_that_is_made_to_take_long_does_not(head: bytes) -> None:
    began = time.process_time()
    for name in ("a.jpg", "a.webp", "a.png", "a.gif"):
        kind_of(head[:HEAD], name)
    assert time.process_time() - began < 2
