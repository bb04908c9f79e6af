"""What is read of the registry."""
