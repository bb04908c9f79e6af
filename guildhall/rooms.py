"""The list of rooms, in the order of the floors: the only place that names them all."""

from importlib import import_module

from kernel.rooms import Room

ROOMS = (
    "search_index",
    "accounts",
    "activity",
    "moderation",
    "alliances",
    "forum",
    "ip_registry",
    "resources",
    "feedback",
    "portal",
)
PARTS = (
    "models",
    "policy",
    "kinds",
    "subjects",
    "waiting",
    "evidence",
    "belongings",
    "search",
    "notices",
    "personal",
    "mailing",
    "jobs",
    "checks",
    "views",
    "api",
)


def open_rooms() -> list[Room]:
    """Import each room's parts, so that they register what they bring, and return their blueprints."""
    blueprints: dict[str, Room] = {}
    for name in ROOMS:
        for part in PARTS:
            try:
                module = import_module(f"{name}.{part}")
            except ModuleNotFoundError as error:
                if error.name != f"{name}.{part}":
                    raise
                continue
            blueprints.update({value.name: value for value in vars(module).values() if isinstance(value, Room)})
    return list(blueprints.values())
