"""Many listings at once: a table read into rows, each checked as a form would be, all written or none.

`tables` reads bytes, `headings` knows what a column means, `checking` says of each row what would happen,
`writing` does it. `catalogues` turns the lines of known public catalogues into the same rows.
"""
