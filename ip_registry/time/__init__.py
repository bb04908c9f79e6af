"""Time from outsiders: their tokens (RFC 3161) and cosignatures. Our own clock proves nothing, and is never asked to.

`tokens.py` and `chains.py` are pure: the command that verifies a bundle and the page that does it use them alike.
"""
