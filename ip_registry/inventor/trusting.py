"""Whose signatures an answer of the site must bear: the reader's own policy, or the one that the site states."""

from ip_registry.inventor.site import Site, SiteError
from ledger.policies import Policy, parse_policy


class Trusted:
    """A policy, read once for all works of a command."""

    def __init__(self, site: Site, own: str | None) -> None:
        self.site = site
        self.text = own if own is not None else site.policy()
        logs = parse_policy(self.text).logs
        if not logs:
            raise SiteError("The policy names no log.", is_final=True)
        self.by_log = Policy(logs=logs)  # witnesses may still be on their way

    def after(self) -> tuple[int, bytes]:
        """Size and root of the newest checkpoint, which the log must have signed."""
        checkpoint = self.by_log.open(self.site.checkpoint()).checkpoint
        return checkpoint.size, checkpoint.root
