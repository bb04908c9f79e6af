"""Reads, the viewer first."""
