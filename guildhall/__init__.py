"""The front door: settings, the list of rooms, and the wiring. It holds no rules."""
