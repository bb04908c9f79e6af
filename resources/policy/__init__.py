"""Who may do what, and beside it what may be seen."""
