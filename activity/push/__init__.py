"""Notices to browsers in which no page is open (Web Push): whom, what is said, how it is sealed and sent."""
