"""The site: settings, addresses, and how a server process runs it."""
