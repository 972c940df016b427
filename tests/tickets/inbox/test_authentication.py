"""What is believed of a header that anybody can write, and of what strangers get into one."""

import pytest

from tickets.inbox.authentication import LONGEST, Verdict, results_in, verdict

SERVER, DOMAIN = "mx.desk.example", "desk.example"
DMARC = "dmarc=pass (p=reject) header.from=desk.example"


@pytest.mark.parametrize(
    "header",
    [
        # Nobody has proven anything.
        f"{SERVER}; none",
        f"{SERVER}; dkim=fail header.d={DOMAIN}",
        f"{SERVER}; dkim=neutral header.d={DOMAIN}; spf=softfail smtp.mailfrom={DOMAIN}",
        f"{SERVER}; spf=pass",
        f"{SERVER}; dkim=pass",
        f"{SERVER}; auth=pass smtp.auth=alice@{DOMAIN}",
        # Of another domain, or of one above or below.
        f"{SERVER}; dkim=pass header.d=mallory.example; spf=pass smtp.mailfrom=m@mallory.example",
        f"{SERVER}; dkim=pass header.d=example",
        f"{SERVER}; dkim=pass header.d=lists.{DOMAIN}",
        f"{SERVER}; dkim=pass header.d=not{DOMAIN}",
        f"{SERVER}; spf=pass smtp.mailfrom=bounce-alice={DOMAIN}@mallory.example",
        f"{SERVER}; spf=pass smtp.helo={DOMAIN}",
        f"{SERVER}; dmarc=pass header.from=mallory.example",
        f"{SERVER}; dmarc=pass",
        # The policy has failed, or could not be asked, whatever else passes.
        f"{SERVER}; dmarc=temperror header.from={DOMAIN}; dkim=pass header.d={DOMAIN}",
        f"{SERVER}; dmarc=quarantine header.from={DOMAIN}; spf=pass smtp.mailfrom=a@{DOMAIN}",
        # Two verdicts of one kind: one of them was smuggled in.
        f"{SERVER}; dmarc=fail header.from={DOMAIN}; {DMARC}",
        f"{SERVER}; {DMARC}; dmarc=none header.from={DOMAIN}",
        # What a stranger wrote stands in quotes and comments.
        f'{SERVER}; spf=fail smtp.mailfrom="x; {DMARC} "@mallory.example',
        f'{SERVER}; spf=fail smtp.mailfrom="x\\"; {DMARC}; y=\\""@mallory.example',
        f"{SERVER}; spf=fail (because; {DMARC}) smtp.mailfrom=m@mallory.example",
        f"{SERVER}; spf=fail (a \\) (b) ; {DMARC}) smtp.mailfrom=m@mallory.example",
        f'{SERVER}; spf=fail reason="; {DMARC}" smtp.mailfrom=m@mallory.example',
        # What cannot be read proves nothing, also of what could be.
        f"{SERVER}; {DMARC}; spf=pass (no end",
        f'{SERVER}; {DMARC}; spf=pass reason="no end',
        f"{SERVER}; {DMARC}; gibberish",
        f"{SERVER}; {DMARC} header.from=other.example",
        f"{SERVER} {DMARC}",
        f"{SERVER}; {DMARC}; x={'x' * LONGEST}",
        # Of another server, or of none.
        f"mx.mallory.example; {DMARC}",
        f"{SERVER}.mallory.example; {DMARC}",
        DMARC,
        f"; {DMARC}",
        "",
    ],
)
def test_what_proves_nothing(header: str) -> None:
    assert verdict([header], SERVER, DOMAIN) is not Verdict.PROVEN


@pytest.mark.parametrize(
    "header",
    [
        f"{SERVER}; {DMARC}",
        f"{SERVER} 1; {DMARC}",
        f"(ours) {SERVER.upper()} (it is)\r\n ;\r\n\tDMARC=Pass header.from=Desk.Example.",
        f"{SERVER}; dkim=pass (2048-bit key; unprotected) header.d={DOMAIN} header.i=@{DOMAIN}"
        ' header.b="aB=="',
        f"{SERVER}; dkim=pass header.i=alice@{DOMAIN}",
        f"{SERVER}; dkim=fail header.d={DOMAIN}; dkim=pass header.d={DOMAIN}",
        f"{SERVER}; dkim/1=pass header.d={DOMAIN}",
        f"{SERVER}; spf=pass smtp.mailfrom=alice@{DOMAIN}; dkim=none; dmarc=none"
        f" header.from={DOMAIN}",
        f'{SERVER}; spf=pass smtp.mailfrom="a;b"@{DOMAIN}',
        f"{SERVER}; spf=pass smtp.mailfrom={DOMAIN}",
    ],
)
def test_what_proves_that_the_domain_has_sent_it(header: str) -> None:
    assert verdict([header], SERVER, DOMAIN) is Verdict.PROVEN


def test_only_the_topmost_header_of_the_named_server_counts() -> None:
    """Whatever the sender wrote stands below."""
    own, forged = f"{SERVER}; dmarc=fail header.from={DOMAIN}", f"{SERVER}; {DMARC}"
    assert verdict([own, forged], SERVER, DOMAIN) is Verdict.FORGED
    assert verdict(["mx.else.example; none", forged], SERVER, DOMAIN) is Verdict.PROVEN
    assert verdict([f"{SERVER}; gibberish", forged], SERVER, DOMAIN) is Verdict.OPEN


def test_where_no_server_is_named_nothing_is_proven_or_forged() -> None:
    for header in (f"; {DMARC}", f"{SERVER}; dmarc=fail header.from={DOMAIN}", DMARC):
        assert verdict([header], "", DOMAIN) is Verdict.OPEN
    assert verdict([f"{SERVER}; dkim=pass header.d="], SERVER, "") is Verdict.OPEN


def test_a_domain_whose_policy_has_failed_was_forged_and_no_other() -> None:
    assert verdict([f"{SERVER}; dmarc=fail"], SERVER, DOMAIN) is Verdict.FORGED
    other = f"{SERVER}; dmarc=fail header.from=mallory.example"
    assert verdict([other], SERVER, DOMAIN) is Verdict.OPEN


def test_a_header_without_end_is_read_at_once() -> None:
    for evil in ("(" * 9_000, '"' + "\\" * 9_000, "a=" * 4_900, ";" * 9_900, "(" + "\\)" * 4_900):
        assert results_in(f"{SERVER}; {evil}"[:LONGEST])[0] in (SERVER, "")
