"""The shape of what people send to alliances; the rules live in the actions."""
