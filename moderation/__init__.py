"""The watch of the house: flags and one queue, what waits for approval, sanctions and appeals, trust, the rules.

It stands above `activity`, whose log and notices it writes, and below the rooms, which bring it what they hold: a
`Subject` says what may be done to a thing, a `Verb` how something that waited is published after all.
"""
