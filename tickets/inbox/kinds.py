from tickets.inbox.message import Kind
from tickets.inbox.parts import Part


def kind_of(root: Part) -> Kind:
    return Kind.LETTER
