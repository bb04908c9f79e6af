"""Writes: the viewer first, facts as keywords; each authorises, checks, changes, and tells."""
