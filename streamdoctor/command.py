"""The command `streamdoctor URL`: it reads what is asked for, examines, and tells."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import NoReturn

from streamdoctor import inputs
from streamdoctor.colours import paint_for
from streamdoctor.findings.verdict import judge
from streamdoctor.probing.order import StreamOrder
from streamdoctor.probing.stream_examination import examine_stream
from streamdoctor.prometheus import write_metrics
from streamdoctor.report import as_json, as_text
from streamdoctor.wire.origin import BadUrl, parse_stream

DESCRIPTION = (
    "Say why an event stream fails on the way between a browser and its server, and what to write"
    " where. It asks for the stream as a browser does, with at most six connections at a time, and"
    " changes nothing."
)
EXAMPLES = """\
examples:
  Watch a stream as the browser of somebody who is signed in gets it:
    streamdoctor https://shop.example/events --cookie session=@cookie.txt

  Compare it with what the server itself sends, and say what the server promises:
    streamdoctor https://shop.example/events --direct http://127.0.0.1:3000 --heartbeat 15

  The answer of a language model, which is a POST and ends by itself:
    streamdoctor https://api.example/v1/chat --data @question.json \\
        --header 'Content-Type: application/json' --header 'Authorization: @token.txt'

exit status:
  0  it was watched long enough, and no error was found
  1  errors were found: begin with the first
  2  it could not run, or could not watch; one sentence says why
"""
SOUND, FAULTY, NOT_EXAMINED = 0, 1, 2


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One sentence, without the usage that argparse would write before it."""
        raise inputs.BadInput(f"{message[:1].upper()}{message[1:].rstrip('.')}.")


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        options = _parser().parse_args(arguments)
        order = _order(options)
    except (inputs.BadInput, BadUrl) as error:
        return _failed(str(error))
    try:
        facts = examine_stream(order, silent if options.json else say)
    except KeyboardInterrupt:
        return _failed("Stopped before it was done.")
    diagnosis = judge(facts)
    text = as_json(diagnosis) if options.json else as_text(diagnosis, paint_for(sys.stdout))
    sys.stdout.write(f"{text}\n")
    code = NOT_EXAMINED if diagnosis.unwatched else SOUND if diagnosis.healthy else FAULTY
    if options.prometheus is not None:
        try:
            write_metrics(Path(options.prometheus), diagnosis, code)
        except OSError as error:
            return _failed(
                f"--prometheus {options.prometheus} cannot be written: {error.strerror}."
            )
    return _failed(diagnosis.unwatched) if diagnosis.unwatched else code


def say(sentence: str) -> None:
    """Tells a person who waits how far it is."""
    sys.stdout.write(f"  … {sentence}\n")
    sys.stdout.flush()


def silent(sentence: str) -> None:
    """For JSON, which stands alone on standard output."""


def _parser() -> Parser:
    parser = Parser(
        prog="streamdoctor", description=fill(DESCRIPTION, 78), epilog=EXAMPLES, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("url", metavar="URL", help="the stream's address, with path and query")
    parser.add_argument(
        "--cookie", action="append", default=[], metavar="NAME=VALUE",
        help="sent with each request; NAME=@FILE reads the value from a file; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--header", action="append", default=[], metavar="'NAME: VALUE'",
        help="sent with each request; 'NAME: @FILE' reads the value from a file; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--heartbeat", metavar="N",
        help="the server promises to send something at least every N seconds",
    )  # fmt: skip
    parser.add_argument("--data", metavar="@FILE", help="send this body: the request is a POST")
    parser.add_argument(
        "--direct", metavar="URL",
        help="the server's own address, to compare both ways; with a path if that is another there",
    )  # fmt: skip
    parser.add_argument(
        "--insecure", action="store_true", help="accept any certificate, as of a self-signed"
    )
    parser.add_argument("--json", action="store_true", help="only JSON on standard output")
    parser.add_argument("--seconds", default="26", help="of the whole run; default: 26")
    parser.add_argument(
        "--prometheus", metavar="FILE",
        help="write the result for the textfile collector of the node exporter, too",
    )  # fmt: skip
    return parser


def _order(options: argparse.Namespace) -> StreamOrder:
    origin, target = parse_stream(options.url)
    direct = parse_stream(options.direct) if options.direct is not None else None
    return StreamOrder(
        origin=origin,
        target=target,
        direct=direct[0] if direct else None,
        direct_target=direct[1] if direct and direct[1] != "/" else "",
        heartbeat=inputs.heartbeat(options.heartbeat) if options.heartbeat is not None else None,
        cookies=dict(map(inputs.cookie, options.cookie)),
        headers=list(map(inputs.header, options.header)),
        data=inputs.data(options.data) if options.data is not None else None,
        insecure=options.insecure,
        seconds=inputs.seconds(options.seconds),
    )


def _failed(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return NOT_EXAMINED
