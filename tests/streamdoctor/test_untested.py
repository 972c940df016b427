"""The doctor says what it has not seen: why the direct way was not compared, and why a stream that
it knows by its address alone could not be judged."""

import pytest

from live.management.commands.streamdoctor import this_site
from streamdoctor.colours import plain
from streamdoctor.findings.untested import untested, unwatched
from streamdoctor.findings.verdict import judge
from streamdoctor.probing.facts import Facts, Way
from streamdoctor.probing.signin import SignedIn
from streamdoctor.probing.watch import End, Record
from streamdoctor.report import as_text
from streamdoctor.wire.events import Frame
from streamdoctor.wire.message import Head
from streamdoctor.wire.origin import Origin

SITE = Origin.parse("https://help.example.com")
DIRECT = Origin.parse("http://127.0.0.1:8001")


def record(status: int = 200, seconds: float = 20, end: End = "open", frames: int = 3) -> Record:
    head = Head(status, [("content-type", "text/event-stream")], "1.1")
    heard = [Frame(number, "news") for number in range(frames)]
    return Record(head=head, frames=heard, over_at=seconds, end=end)


def compared(through: list[Record], direct: list[Record]) -> Facts:
    return Facts(
        SITE, Way(SITE, paced=through), site=this_site(),
        direct_asked=DIRECT, direct=Way(DIRECT, paced=direct),
    )  # fmt: skip


def test_ways_that_both_brought_streams_were_compared() -> None:
    assert untested(compared([record()], [record()])) == []
    assert untested(Facts(SITE, Way(SITE), site=this_site())) == []


def test_why_the_direct_way_was_not_compared_is_one_sentence() -> None:
    sentence = "The direct way, http://127.0.0.1:8001, was not compared: {}."
    refused = Record(failure=OSError("connection refused"), end="cut")
    for facts, reason in (
        (compared([record()], [record(400)]), "the stream answers 400 there"),
        (compared([record()], [refused]), "the stream does not answer there (connection refused)"),
        (Facts(SITE, Way(SITE), site=this_site(), direct_asked=DIRECT),
         "no stream was opened on either way"),
        (Facts(SITE, Way(SITE), site=this_site(), direct_asked=DIRECT,
               direct_failure="signing in fails there too"), "signing in fails there too"),
    ):  # fmt: skip
        assert untested(facts) == [sentence.format(reason)]


def signed_in(*records: Record, seconds: float = 26) -> Facts:
    facts = Facts(SITE, Way(SITE, paced=list(records)), site=this_site(), seconds=seconds)
    facts.signed_in = SignedIn({}, is_ours=False)
    return facts


def test_a_site_is_not_called_sound_that_was_watched_for_no_time_or_too_little() -> None:
    for facts, reason in (
        (signed_in(), "it did not open"),
        (signed_in(record(seconds=0)), "it was open for 0.0 s of the 26 s"),
        (signed_in(record(seconds=12)), "it was open for 12.0 s of the 26 s"),
        (signed_in(record(frames=0)), "not one event came in 20 s"),
        (Facts(SITE, Way(SITE), site=this_site()), "that needs a log-in"),
    ):
        assert reason in unwatched(facts)
        diagnosis = judge(facts)
        assert not diagnosis.healthy
        assert "sound" not in as_text(diagnosis, plain)
    assert unwatched(signed_in(record(seconds=13.1))) == ""


def test_what_there_was_no_time_for_is_said() -> None:
    (sentence,) = untested(signed_in(record()))
    assert "whether a break is resumed" in sentence
    assert "whether the server notices that a client has left" in sentence


def test_the_same_refusal_on_both_ways_is_a_comparison() -> None:
    assert untested(compared([record(500)], [record(500)])) == []


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([record()], ""),
        ([record(seconds=2, end="ended")], ""),
        ([record(seconds=2, end="cut")], "was cut after 2.0 s of the 26 s"),
        ([record(frames=0)], "not one event came in 20 s"),
        ([record(401)], "give what it asks for by --cookie or --header"),
        ([], "did not open"),
    ],
)
def test_a_stream_of_which_too_little_was_seen_is_not_judged(
    records: list[Record], reason: str
) -> None:
    found = unwatched(Facts(SITE, Way(SITE, plain=records), target="/events"))
    assert (reason in found) if reason else (found == "")
