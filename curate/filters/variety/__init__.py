"""How rows differ from each other: an order of choice, verb–object pairs, topics."""
