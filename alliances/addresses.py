"""Where things of alliances are."""


def proposal_url(slug: str, number: int) -> str:
    """The one address of a proposal."""
    return f"/alliances/{slug}/proposals/{number}"


def resolution_url(slug: str, number: str) -> str:
    """The one address of a resolution."""
    return f"/alliances/{slug}/resolutions/{number}"


def api_url(slug: str, *parts: object) -> str:
    """Where programs find something of an alliance."""
    return "/".join(["/api/v1/alliances", slug, *map(str, parts)])
