"""What people suggest about the site, what becomes of it, and what changed: suggestions are threads with a state."""
