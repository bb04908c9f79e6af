"""What the API says of the forum's things, and what it takes; one file per resource."""
