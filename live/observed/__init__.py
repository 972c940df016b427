"""Models whose every change through the ORM is told, in the transaction of the change."""
