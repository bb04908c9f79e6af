"""What people do in alliances."""
