"""The files that the demo's customers send: small pictures and a document, drawn here, so that none
has to lie in the repository."""

import logging
import struct
import zlib
from io import BytesIO
from itertools import accumulate

from tickets import attachments
from tickets.attachments import Attachment
from tickets.attachments.limits import Refused
from tickets.models import Ticket

logger = logging.getLogger(__name__)

Colour = tuple[int, int, int]
# Left, top, right and bottom in hundredths of the picture, painted one over the other.
Box = tuple[Colour, tuple[int, int, int, int]]

WIDTH, HEIGHT = 480, 300
WALL, DARK, PALE, INK = (222, 220, 214), (44, 46, 52), (246, 246, 248), (92, 96, 110)
PINK, ROSE, RED = (255, 105, 180), (255, 160, 205), (190, 40, 50)

PROJECTOR: list[Box] = [
    (WALL, (0, 0, 100, 100)), (DARK, (14, 12, 86, 78)), (PINK, (15, 14, 85, 76)),
    (ROSE, (20, 22, 60, 28)), *((ROSE, (20, y, 74, y + 3)) for y in (38, 46, 54, 62)),
]  # fmt: skip
BLANK_PAGE: list[Box] = [
    (PALE, (0, 0, 100, 100)), (DARK, (0, 0, 100, 8)), (WALL, (0, 8, 100, 18)),
    (PALE, (12, 10, 92, 16)), (INK, (14, 12, 48, 14)), *((INK, (x, 11, x + 3, 15)) for x in (2, 6)),
]  # fmt: skip
MESSAGE: list[Box] = [
    (INK, (0, 0, 100, 100)), (DARK, (20, 22, 80, 32)), (PALE, (20, 32, 80, 76)),
    (RED, (24, 40, 32, 54)), (INK, (36, 40, 74, 43)), (INK, (36, 48, 66, 51)),
    (WALL, (60, 62, 76, 70)),
]  # fmt: skip
QUOTE = (
    "Quote 30112",
    "25 seats, one year        USD 4,500.00",
    "Valid until the end of the month",
)

SENT: dict[str, str] = {  # with which story or answer comes which file
    "Projector in the training room shows pink": "projector.png",
    "Payment link is broken": "blank page.png",
    "Wrong currency on the quote": "quote 30112.pdf",
    "Here is what you asked for. Do you need anything else from me?": "message.png",
}


def sent_with(words: str, ticket: Ticket) -> list[Attachment]:
    """What comes along with these words, stored for the ticket. A disk without room keeps no file,
    and the demo goes on."""
    name = SENT.get(words)
    if name is None:
        return []
    try:
        return [attachments.store(ticket, name, BytesIO(content_of(name)))]
    except Refused as refusal:
        logger.warning("The demo's file %s is left out: %s", name, refusal)
        return []


def content_of(name: str) -> bytes:
    if name.endswith(".pdf"):
        return pdf(QUOTE)
    drawn = {"projector.png": PROJECTOR, "blank page.png": BLANK_PAGE, "message.png": MESSAGE}
    return png(drawn[name])


def png(boxes: list[Box]) -> bytes:
    """A picture of coloured boxes (RFC 2083)."""
    rows = [bytearray(3 * WIDTH) for _ in range(HEIGHT)]
    for colour, (left, top, right, bottom) in boxes:
        first, last = WIDTH * left // 100, WIDTH * right // 100
        for row in rows[HEIGHT * top // 100 : HEIGHT * bottom // 100]:
            row[3 * first : 3 * last] = bytes(colour) * (last - first)
    header = struct.pack(
        ">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0
    )  # 8 bits each of red, green, blue
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def pdf(lines: tuple[str, ...]) -> bytes:
    """A page with lines of text that have no brackets (ISO 32000)."""
    text = " ".join(f"({line}) ' " for line in lines)
    drawn = f"BT /F 16 Tf 28 TL 72 760 Td {text} ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        " /Resources << /Font << /F 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    parts = ["%PDF-1.4\n", *(f"{n} 0 obj\n{it}\nendobj\n" for n, it in enumerate(objects, 1))]
    *places, end = accumulate(len(part) for part in parts)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    count = len(objects) + 1
    return (
        "".join(parts) + f"xref\n0 {count}\n0000000000 65535 f \n{table}"
        f"trailer << /Size {count} /Root 1 0 R >>\nstartxref\n{end}\n%%EOF\n"
    ).encode("ascii")
