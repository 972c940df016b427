"""Two tickets of one person become one: the conversation goes on in one place, and the other ticket
is a pointer to it."""
