HASH_IN_URL = 16


def avatar_url(handle: str, avatar_hash: str | None) -> str | None:
    """Where a person's photo is; the address changes with the photo, so that caches may keep it."""
    return f"/people/{handle}/avatar/{avatar_hash[:HASH_IN_URL]}.webp" if avatar_hash else None
