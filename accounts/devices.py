"""Where somebody signs in from, told well enough to recognise one's own; nobody outside is asked about an address."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from kernel.words import gettext as _

BROWSERS = (
    ("MicroMessenger", "WeChat"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its address, its browser, and the token in that browser's device cookie."""

    ip: str = ""
    user_agent: str = ""
    device: str = ""


def device_of(user_agent: str) -> str:
    """`Firefox on Windows`, in the reader's language."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("Unknown device")


def place_of(address: str) -> str:
    """The address, and what it says by itself: this machine, or a network that is not on the Internet."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_loopback:
        return _("%(address)s, the server itself", address=str(found))
    if found.is_private or found.is_link_local:
        return _("%(address)s, in the server's own network", address=str(found))
    return str(found)
