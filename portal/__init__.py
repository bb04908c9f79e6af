"""Pages that cross rooms: home, people, feeds, the site map, health, and the staff desk."""
