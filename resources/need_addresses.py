"""Where needs and conversations are."""


def need_url(need_id: int, slug: str) -> str:
    """The one address of a need."""
    return f"/needs/{need_id}-{slug}" if slug else f"/needs/{need_id}"


def conversation_url(conversation_id: int) -> str:
    """Where the two sides write to each other."""
    return f"/conversations/{conversation_id}"
