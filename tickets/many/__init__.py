"""What is done to many tickets at once: the bar below the list, and the requests of the API."""
