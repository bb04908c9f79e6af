"""Rate limits by class of deed; counted in memory, or in Redis when `GUILDHALL_REDIS_URL` names one."""

from flask import request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from kernel.web import current_viewer


def who() -> str:
    """The member who acts, else the address."""
    viewer = current_viewer()
    return f"user:{viewer.user_id}" if viewer.signed_in else f"ip:{get_remote_address()}"


def address() -> str:
    """The address alone, for deeds of strangers: signing in, signing up, resetting."""
    return f"ip:{get_remote_address()}"


limiter = Limiter(who, headers_enabled=False, strategy="fixed-window", default_limits=[])


def is_write() -> bool:
    """Only sending counts, not looking at the form."""
    return request.method == "POST"


SIGNING = "20 per minute; 200 per hour"
POSTING = "30 per minute; 600 per hour"
UPLOADING = "60 per minute; 600 per hour"
SMALL_DEEDS = "240 per minute"
