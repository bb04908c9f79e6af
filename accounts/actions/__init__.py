"""What people do with their accounts, one file per concern."""
