"""What the figures of a card are called, in the language of the page."""

from collections.abc import Mapping

from flask_babel import gettext as _

from ip_registry.models import AwardLevel, Cooperation
from resources.vocabulary import names


def trls(locale: str) -> Mapping[str, str]:
    """Technology readiness levels, as listings name them."""
    return names("trl", locale)


def ip_statuses(locale: str) -> Mapping[str, str]:
    """How far the rights are."""
    return names("ip_status", locale)


def cooperations() -> Mapping[str, str]:
    """What is wanted of others."""
    return {
        Cooperation.LICENCE.value: _("Licence"),
        Cooperation.TRANSFER.value: _("Transfer of rights"),
        Cooperation.JOINT.value: _("Joint development"),
        Cooperation.PILOT.value: _("Pilot or demonstration"),
        Cooperation.FINANCING.value: _("Financing"),
        Cooperation.NONE.value: _("None at present"),
    }


def levels() -> Mapping[str, str]:
    """Who gave an award."""
    return {
        AwardLevel.NATIONAL.value: _("National"),
        AwardLevel.PROVINCIAL.value: _("Provincial"),
        AwardLevel.MUNICIPAL.value: _("Municipal"),
        AwardLevel.INDUSTRY.value: _("Industry"),
        AwardLevel.INTERNATIONAL.value: _("International"),
    }
