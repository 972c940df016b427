"""What a list of tickets is made of beside its filters: order, due dates, unread marks, views."""
