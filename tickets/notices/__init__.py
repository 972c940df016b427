"""What an agent is told because it needs them: a ticket that is assigned to them, their name in a
comment, a reply on their ticket, their ticket that is due soon or overdue."""
