"""What the number of a refused delivery means (RFC 3463), in words of agents."""

import re

WORDS = {
    "1.0": "The address is not accepted",
    "1.1": "There is no such address",
    "1.2": "There is no such domain",
    "1.3": "The address is not written as one",
    "1.6": "The address has moved",
    "1.10": "The domain takes no mail",
    "2.1": "The mailbox is closed",
    "2.2": "The mailbox is full",
    "2.3": "The message is larger than the mailbox takes",
    "3.4": "The message is larger than the server takes",
    "4.1": "The server did not answer",
    "4.4": "The server cannot be found",
    "4.6": "The message went round in circles",
    "4.7": "It could not be delivered in time",
    "7.1": "The server refuses mail from us",
    "7.23": "The server does not believe that the mail is from us (SPF)",
    "7.26": "The server does not believe that the mail is from us (DMARC)",
}
UNKNOWN = "The message could not be delivered"
ENHANCED = re.compile(r"\b[45]\.(\d{1,3}\.\d{1,3})\b")


def in_words(status: str, told: str) -> str:
    """One sentence, and what the server itself said behind it."""
    told = " ".join(told.split())
    number = ENHANCED.search(status) or ENHANCED.search(told)
    # 5.0.0 says nothing; what the server told may hold the number that does.
    if number and number[1] == "0.0":
        number = ENHANCED.search(told)
    sentence = WORDS.get(number[1], UNKNOWN) if number else UNKNOWN
    return f"{sentence}: {told}" if told else f"{sentence}."
