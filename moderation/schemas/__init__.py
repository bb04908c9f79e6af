"""What programs read of the watch, and what they send."""
