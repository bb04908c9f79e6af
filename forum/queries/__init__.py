"""Reads: functions that take the viewer first and return rows or pages, scoped in SQL to what the viewer may see."""
