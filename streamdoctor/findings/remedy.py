"""One remedy: lines for the parts of a configuration, and what else there is to say."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Remedy:
    write: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (part of the configuration, lines)
    say: str = ""


def lines(part: str, *written: str, say: str = "") -> Remedy:
    return Remedy(((part, written),), say)


def say(text: str) -> Remedy:
    return Remedy(say=text)
