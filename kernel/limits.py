"""Rate limits by class of deed; counted in memory, or in Redis when `GUILDHALL_REDIS_URL` names one.

Each address counts by itself: for members the person, for strangers the network they come from. What
names no class has one by `by_default`.
"""

import math
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from flask import Response, request
from flask_babel import format_timedelta
from flask_limiter import Limiter, RequestLimit
from flask_limiter.util import get_remote_address

from kernel.clock import now
from kernel.db import SAFE_METHODS
from kernel.errors import TooManyError
from kernel.web import current_viewer, is_api, refusal
from kernel.words import gettext as _

SIGNING = "20 per minute; 200 per hour"  # what opens an account, or could
FAILURES = "20 per 15 minutes"  # wrong passwords of one account, by any of its names
SECOND_FAILURES = "10 per 15 minutes; 30 per day"  # wrong codes of one account
PROVING = "10 per 15 minutes"  # wrong proofs of whoever is signed in
LETTERS = "5 per 15 minutes; 20 per day"  # mail that a stranger asks for, by the address that would get it
SIGN_UPS = "60 per 10 minutes; 200 per hour"  # new accounts of everybody together
POSTING = "30 per minute; 600 per hour"  # what others read
REGISTERING = "600 per minute"  # leaves of programs, that many people's works come through
UPLOADING = "60 per minute; 600 per hour"  # files
EXPORTING = "20 per minute"  # files that are made: tables, certificates, archives
SEARCHING = "240 per minute"  # the page follows what is typed
TYPING = "300 per minute"  # suggestions
NOTING = "30 per minute"  # what a page tells without anybody being asked
TRIALS = "10 per minute"  # what goes out to try whether it arrives
FEEDS = "60 per minute"  # feeds and calendars
API_READS = "600 per minute"  # what programs read
SMALL_DEEDS = "240 per minute"  # every other deed

CLASSES = {
    "signing": SIGNING,
    "failures": FAILURES,
    "second failures": SECOND_FAILURES,
    "proving": PROVING,
    "letters": LETTERS,
    "sign-ups": SIGN_UPS,
    "posting": POSTING,
    "registering": REGISTERING,
    "uploading": UPLOADING,
    "exporting": EXPORTING,
    "searching": SEARCHING,
    "typing": TYPING,
    "noting": NOTING,
    "feeds": FEEDS,
    "api reads": API_READS,
    "trials": TRIALS,
    "small deeds": SMALL_DEEDS,
}
MADE_FILES = (".csv", ".zip", ".pdf")
FEED_FILES = (".atom", ".ics")

NETWORK = 64  # the bits of an IPv6 address that are one household's or firm's


def network() -> str:
    """Where a stranger comes from: the address, of IPv6 its first 64 bits, since who has one has all the others."""
    found = get_remote_address()
    try:
        parsed = ip_address(found.partition("%")[0])
    except ValueError:
        return found
    if not isinstance(parsed, IPv6Address):
        return found
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> (128 - NETWORK) << (128 - NETWORK)))


def who() -> str:
    """The member who acts, else where they come from."""
    viewer = current_viewer()
    return f"user:{viewer.user_id}" if viewer.signed_in else address()


def address() -> str:
    """Where they come from alone, for deeds of strangers: signing in, signing up, resetting."""
    return f"ip:{network()}"


def everybody() -> str:
    """All together."""
    return "everybody"


def is_write() -> bool:
    """Only sending counts, not looking at the form."""
    return request.method not in SAFE_METHODS


def by_default() -> str | None:
    """The class of what names none: by what is sent, or by the kind of file that is made; other pages are free."""
    if is_write():
        return SMALL_DEEDS
    if request.path.endswith(MADE_FILES):
        return EXPORTING
    if request.path.endswith(FEED_FILES):
        return FEEDS
    return API_READS if is_api() else None


def _refusal(limit: RequestLimit) -> Response:
    """When to come again, in the words of whoever asks. An exception from here would count as a failure of Redis."""
    seconds = max(1, math.ceil(limit.reset_at - now().timestamp()))
    time = format_timedelta(timedelta(seconds=seconds), granularity="second", threshold=1.5)
    return refusal(TooManyError(_("You can go on in %(time)s.", time=time), again_in=seconds))


limiter = Limiter(
    who,
    headers_enabled=False,
    strategy="fixed-window",
    default_limits=[lambda: by_default() or SMALL_DEEDS],
    default_limits_exempt_when=lambda: by_default() is None,
    in_memory_fallback_enabled=True,
    on_breach=_refusal,
)
