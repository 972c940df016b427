"""HTTP over sockets, with the time at which each piece of an answer arrived."""
