from tickets.inbox.message import Bounced
from tickets.inbox.parts import Part


def bounced(root: Part) -> Bounced | None:
    return None
