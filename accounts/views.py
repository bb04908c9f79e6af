from accounts.login import login_manager
from kernel.rooms import Room

room = Room("accounts", __name__)

__all__ = ["login_manager", "room"]
