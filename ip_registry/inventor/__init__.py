"""The inventor's own machine: works are sealed and evidence is checked there, without a database or a site.

Only leaves leave it, and openings where they are to be kept at the site; keys and files never do.
"""
