"""How a server process runs the site. Each module may be deleted: the site still works, slower."""
