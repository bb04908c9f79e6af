"""JSON v1 over the same queries and actions."""
