"""Reads, viewer first."""
