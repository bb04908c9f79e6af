"""Resources: listings (what somebody offers) and needs (what somebody looks for), and how the two find each other.

A listing has a kind, the fields that its kind needs, and one way to get at it. A need is structured, may be anonymous,
and gets answers; every answer ends in a state with a message. Matching works from both sides and says why.
"""
