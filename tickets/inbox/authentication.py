"""What a mail server of ours says of who sent a message: the header Authentication-Results.
https://www.rfc-editor.org/rfc/rfc8601

Anybody can write such a header into a message. So only that of the server is read that the operator
names, and of those the topmost, for a server puts its own above all that was there. It must remove
what came in under its own name (section 5), or a message that it does not judge brings its own
verdict along; docs/mail-in.md says so. Whatever here is not understood proves nothing.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

LONGEST = 10_000  # characters of such a header: ours are some hundred


class Verdict(Enum):
    PROVEN = "proven"  # whoever may send for this domain has sent it
    FORGED = "forged"  # the domain's owner says that nobody who may has
    OPEN = "open"


@dataclass(frozen=True)
class Result:
    """Such as `dkim=pass header.d=example.com`."""

    method: str
    result: str
    properties: dict[str, str]

    def domain(self, name: str) -> str:
        return domain_of(self.properties.get(name, ""))


def verdict(headers: Iterable[str], server: str, domain: str) -> Verdict:
    """What the server says of a sender in this domain. `headers` stand as in the message, the
    topmost first. An unnamed server says nothing."""
    if not server or not domain:
        return Verdict.OPEN
    for header in headers:
        name, results = results_in(header)
        if name.lower() == server.lower():
            return _judged(results, domain_of(domain))
    return Verdict.OPEN


def _judged(results: list[Result], domain: str) -> Verdict:
    """DMARC has judged the other two by the policy of the domain, so it goes first, where there is
    a policy. Each of them counts only where it is about the domain itself, and not one above."""
    policies = {
        (found.result, found.domain("header.from")) for found in results if found.method == "dmarc"
    }
    if len(policies) > 1:
        return Verdict.OPEN  # the server does not say two things of one message
    for result, about in policies:
        if result == "fail" and about in ("", domain):
            return Verdict.FORGED
        if result != "none":
            return Verdict.PROVEN if result == "pass" and about == domain else Verdict.OPEN
    return Verdict.PROVEN if any(_is_by(domain, found) for found in results) else Verdict.OPEN


def _is_by(domain: str, found: Result) -> bool:
    if found.result != "pass":
        return False
    if found.method == "dkim":
        return domain == (found.domain("header.d") or found.domain("header.i"))
    return found.method == "spf" and domain == found.domain("smtp.mailfrom")


def results_in(header: str) -> tuple[str, list[Result]]:
    """Whose header it is, and the results that it names: all of them, or none where one of them
    cannot be read."""
    if len(header) > LONGEST:
        return "", []
    try:
        first, *others = _parts(header)
    except ValueError:
        return "", []
    if not first or "=" in first[0]:
        return "", []
    try:
        return first[0], [_result(words) for words in others if words]
    except ValueError:
        return first[0], []


def _result(words: list[str]) -> Result:
    if words == ["none"]:
        return Result("none", "", {})
    pairs = [word.partition("=") for word in words]
    if not all(name and equals for name, equals, _ in pairs):
        raise ValueError("what is no name=value")
    (method, _, result), *properties = pairs
    named = {name.lower(): value for name, _, value in properties}
    if len(named) != len(properties):
        raise ValueError("something twice")
    return Result(method.lower().partition("/")[0], result.lower(), named)


# A comment's beginning, a quoted text, what divides results, white space, and all else.
TOKEN = re.compile(r'\(|"(?:[^"\\]|\\.)*"|;|\s+|[^\s;"()]+', re.DOTALL)
IN_COMMENT = re.compile(r"\\.|[()]|[^\\()]+", re.DOTALL)


def _parts(header: str) -> Iterator[list[str]]:
    """The words of each part, which semicolons divide. Within comments and quotes, which may hold
    what a stranger wrote, nothing divides. ValueError where one of them has no end."""
    words: list[str] = []
    goes_on = False  # the next piece belongs to the last word: "a b"@example.com
    at = 0
    while at < len(header):
        token = TOKEN.match(header, at)
        if token is None:
            raise ValueError("a quote or comment without its other end")
        piece, at = token[0], token.end()
        if piece == "(":
            at, goes_on = _after_comment(header, at), False
        elif piece.isspace():
            goes_on = False
        elif piece == ";":
            yield words
            words, goes_on = [], False
        else:
            if piece.startswith('"'):
                piece = re.sub(r"\\(.)", r"\1", piece[1:-1], flags=re.DOTALL)
            if goes_on:
                words[-1] += piece
            else:
                words.append(piece)
            goes_on = True
    yield words


def _after_comment(header: str, at: int) -> int:
    depth = 1
    while depth:
        token = IN_COMMENT.match(header, at)
        if token is None:
            raise ValueError("a comment without an end")
        depth += {"(": 1, ")": -1}.get(token[0], 0)
        at = token.end()
    return at


def domain_of(text: str) -> str:
    """Of an address, of `@example.com`, or of a domain."""
    return text.rpartition("@")[2].strip().rstrip(".").lower()
