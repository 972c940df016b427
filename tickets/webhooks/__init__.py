"""Other systems are told of what happens on tickets: signed messages, in order, until delivered."""
