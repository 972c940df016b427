"""Who wrote a message: a person, a machine, or a mail server about a delivery.

What came through a list is a person's, unless it says that it is bulk: the address of a help desk
is often a group, and then each letter to it has the headers of a list. X-Auto-Response-Suppress
says nothing of who wrote: it asks not to be answered automatically, and Exchange sets it on what
people write to a group.
"""

import re
from email.message import Message

from tickets.inbox.bounces import has_no_way_back, is_bounce
from tickets.inbox.message import Kind
from tickets.inbox.parts import Part

# Whatever stands in them, but "no".
SAYS_SO = (
    "X-Autoreply",
    "X-Auto-Reply",
    "X-Autoreply-From",
    "X-Autorespond",
    "X-Autoresponder",
    "X-Mail-Autoreply",
    "X-FC-MachineGenerated",
    "List-Unsubscribe-Post",  # RFC 8058: leaving it takes one click, as of newsletters
)
PRECEDENCE = ("Precedence", "X-Precedence", "Preference")
NOT_A_PERSON = ("bulk", "junk", "auto_reply", "auto-reply")
# How Exchange begins the subject of an absence; older ones say so nowhere else.
ABSENT = re.compile(
    r"(?:automatic reply|out of office(?: autoreply)?|automatische antwort|abwesenheitsnotiz"
    r"|réponse automatique(?: :)?|respuesta automática|resposta automática|risposta automatica"
    r"|fuori sede|automatisch antwoord|autosvar|automatisk svar|automaattinen vastaus"
    r"|automatyczna odpowiedź|automatická odpověď|автоответ|自動応答|自动答复|자동 회신)\s*[:：]",
    re.IGNORECASE,
)


def kind_of(root: Part, subject: str) -> Kind:
    if is_bounce(root):
        return Kind.BOUNCE
    return Kind.AUTOMATIC if _is_automatic(root, subject) else Kind.LETTER


def _is_automatic(root: Part, subject: str) -> bool:
    head = root.head
    if _first_word(head, "Auto-Submitted") not in ("", "no"):
        return True
    if any(_first_word(head, name) not in ("", "no", "false") for name in SAYS_SO):
        return True
    if any(_first_word(head, name) in NOT_A_PERSON for name in PRECEDENCE):
        return True
    if root.type == "multipart/report":  # that a letter was read, or was taken for spam
        return True
    if has_no_way_back(head):
        return True
    return "X-Auto-Response-Suppress" in head and bool(ABSENT.match(subject))


def _first_word(head: Message, name: str) -> str:
    """What a header says, without comments and parameters; of several the first."""
    said: str = head.get(name, "")
    return re.split(r"[\s;(]", said.strip(), maxsplit=1)[0].lower()
