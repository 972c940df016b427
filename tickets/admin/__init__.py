"""Django's admin: users, queues and their agents, tickets, the history, bulk jobs, and mail kept
aside.

No form of it grows with the data: it posts what is added, changed or removed, and all else is only
shown. For Django refuses a form of more than a thousand fields.
"""

from tickets.admin.accounts import GroupPages, UserPages
from tickets.admin.deletions import delete_some
from tickets.admin.kept_mail import KeptMailAdmin
from tickets.admin.queues import MembershipAdmin, QueueAdmin
from tickets.admin.records import BulkJobAdmin, ChangeAdmin
from tickets.admin.tickets import TicketAdmin

__all__ = [
    "BulkJobAdmin", "ChangeAdmin", "GroupPages", "KeptMailAdmin", "MembershipAdmin", "QueueAdmin",
    "TicketAdmin", "UserPages", "delete_some",
]  # fmt: skip
