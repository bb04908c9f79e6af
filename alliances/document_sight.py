from sqlalchemy import ColumnElement, and_

from alliances.here import visible_alliances
from alliances.models import Document
from kernel.viewer import Viewer


def visible_documents(viewer: Viewer) -> ColumnElement[bool]:
    """The one condition of sight; join `Alliance`."""
    return and_(visible_alliances(viewer), Document.audience.in_(sorted(viewer.audience)))
