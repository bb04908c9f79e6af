"""Pictures of every kind of page of the demo town, of what it mails, and of what it pushes."""
