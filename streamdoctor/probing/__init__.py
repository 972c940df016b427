"""What the doctor asks a server, and what it keeps of the answers."""
