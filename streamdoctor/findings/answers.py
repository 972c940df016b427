"""The answers that the requests for the stream got: how many of how many were refused, and whether
that hangs on how many streams the doctor had open."""

from collections.abc import Iterable
from dataclasses import dataclass

from streamdoctor.findings.products import author
from streamdoctor.probing.facts import Facts, Way
from streamdoctor.probing.watch import Record
from streamdoctor.wire.client import Answer
from streamdoctor.wire.message import Head

UNANSWERED = 5.0  # seconds
AT_THE_END = 0.7  # seconds before all are closed


@dataclass
class Reply:
    """To one request; `head` is None if there was none."""

    head: Head | None
    body: bytes
    sent_at: float
    answered_at: float
    over_at: float
    beside: int = 0  # other streams of ours that were open
    is_stream: bool = False
    broke_off: bool = False  # before its head

    @property
    def status(self) -> int:
        return self.head.status if self.head else 0

    @property
    def author(self) -> str:
        return author(self.head, self.body) if self.head else ""


def replies(facts: Facts) -> list[Reply]:
    """To all requests for the stream, in their order; a site's stream is also asked for by a
    stranger."""
    alone = [*facts.strangers, *facts.tries] if facts.site else []
    found = [*signed_in_replies(facts), *(_of_answer(answer) for answer in alone)]
    return sorted(found, key=lambda reply: reply.sent_at)


def signed_in_replies(facts: Facts) -> list[Reply]:
    """To the requests for the stream that were sent with the rights that were given."""
    found = [_of_record(record) for record in of_their_own(facts.way)]
    alone = [] if facts.site else [*facts.tries, *_page(facts)]
    return sorted([*found, *map(_of_answer, alone)], key=lambda reply: reply.sent_at)


def of_their_own(way: Way) -> list[Record]:
    """The records of streams that were asked for before we had them ended ourselves."""
    return [
        record for record in way.records if record.was_asked and record.sent_at < way.ended_at - 1
    ]


def is_limit(refused: Iterable[Reply], streams: Iterable[Reply]) -> bool:
    """As many streams were let in, and each one more was not, as long as those were open."""
    streams = list(streams)
    beside_refused = [_open_at(_looked_at(reply), streams) for reply in refused]
    beside_streams = [_open_at(stream.answered_at, streams) - 1 for stream in streams]
    if not beside_refused or not beside_streams:
        return False
    return min(beside_refused) > max(beside_streams)


def _open_at(moment: float, streams: list[Reply]) -> int:
    return sum(stream.answered_at <= moment <= stream.over_at for stream in streams)


def _looked_at(reply: Reply) -> float:
    """When it was refused; or, of one that still waits, the end of its wait."""
    return reply.answered_at if reply.head or reply.broke_off else reply.over_at - AT_THE_END


def none_was_alone(failed: Iterable[Reply], all_replies: list[Reply]) -> bool:
    """All that failed were asked for while other streams of ours were open, and none of the others
    failed: who counts may still count a stream that has just been closed."""
    alone = [reply for reply in all_replies if not reply.beside and reply.head is not None]
    return len(alone) >= 2 and all(reply.beside for reply in failed)


def count(some: list[Reply], of: list[Reply]) -> str:
    """As in "2 of 6 requests for the stream"."""
    if len(some) == len(of):
        return (
            "the request for the stream"
            if len(of) == 1
            else f"all {len(of)} requests for the stream"
        )
    return f"{len(some)} of {len(of)} requests for the stream"


def _of_record(record: Record) -> Reply:
    return Reply(
        record.head, record.body, record.sent_at,
        record.head_at or record.over_at, record.over_at,
        beside=record.beside, is_stream=record.is_stream,
        broke_off=record.head is None and record.end == "cut",
    )  # fmt: skip


def _of_answer(answer: Answer) -> Reply:
    is_stream = answer.status == 200 and (answer.head.header("content-type") or "").startswith(
        "text/event-stream"
    )
    return Reply(
        answer.head, answer.body, answer.sent_at, answer.head_at, answer.head_at,
        is_stream=is_stream,
    )  # fmt: skip


def _page(facts: Facts) -> list[Answer]:
    return [facts.page] if facts.page else []
