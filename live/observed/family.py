"""A model, its proxies and its children. Django sends a signal with the class of the instance as
its sender, so whoever listens to a model alone does not hear what is done through a proxy of it."""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import Model
from django.db.models.signals import ModelSignal, class_prepared

Receiver = Callable[..., Any]

_listening: list[tuple[ModelSignal, type[Model], Receiver]] = []


def family(model: type[Model]) -> Iterator[type[Model]]:
    """The model, its proxies, and its children in tables of their own."""
    if not model._meta.abstract:
        yield model
    for child in model.__subclasses__():
        yield from family(child)


def listens(*signals: ModelSignal, to: type[Model]) -> Callable[[Receiver], Receiver]:
    """Connects a function to signals of the model and of its whole family, also of what is defined
    later.

    Each is named as a sender: a listener to all models would have Django load whatever it deletes.
    """

    def connect(receiver: Receiver) -> Receiver:
        for signal in signals:
            _listening.append((signal, to, receiver))
            for member in dict.fromkeys(family(to)):
                signal.connect(receiver, sender=member)
        return receiver

    return connect


def _connect_descendant(sender: type[Model], **kwargs: Any) -> None:
    """A proxy or a child that is defined later."""
    for signal, model, receiver in _listening:
        if model in sender.__mro__[1:]:
            signal.connect(receiver, sender=sender)


class_prepared.connect(_connect_descendant)
