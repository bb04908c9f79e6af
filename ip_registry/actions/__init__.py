"""What people and the worker do in the registry."""
