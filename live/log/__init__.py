"""The log: events are written here, get their positions after the commit, and are read by
servers."""
