"""What is read of alliances."""
