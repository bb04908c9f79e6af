"""Writes: authorise, check, change, emit."""
