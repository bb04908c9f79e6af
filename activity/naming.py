from collections.abc import Mapping

from kernel.errors import NotFoundError
from kernel.refs import Ref, is_kind
from kernel.rooms import id_of


def ref_in(fields: Mapping[str, str]) -> Ref:
    """The thing that a form or an address names; whether it may be seen is for the action to say."""
    kind, ref_id = fields.get("kind", ""), id_of(fields.get("ref_id"))
    if not is_kind(kind) or not ref_id:
        raise NotFoundError
    return Ref(kind, ref_id)
