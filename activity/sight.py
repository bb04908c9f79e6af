from kernel.errors import NotFoundError
from kernel.refs import Ref, cards
from kernel.viewer import Viewer


def must_see(viewer: Viewer, ref: Ref) -> None:
    """Raise `NotFoundError` unless the thing exists and the viewer may see it."""
    if ref not in cards(viewer, [ref]):
        raise NotFoundError
