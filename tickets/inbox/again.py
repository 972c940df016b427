"""What a superuser does with a message that was kept aside: has it taken in after all."""

from django.db import transaction

from tickets.inbox.arriving import Arrived, read_or_refuse, take_in
from tickets.inbox.models import KeptMail


def take_in_again(kept: KeptMail) -> Arrived:
    """Take the message in, whoever or whatever sent it, and however many came before. It is then
    kept aside no more. Raises Refused or TryAgain, and then it stays."""
    raw = kept.read()
    with transaction.atomic():
        arrived = take_in(raw, read_or_refuse(raw), insist=True)
        kept.delete()
    return arrived
