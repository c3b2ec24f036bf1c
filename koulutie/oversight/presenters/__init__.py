"""How oversight is told: events, readers, grants, the roles' matrix."""
