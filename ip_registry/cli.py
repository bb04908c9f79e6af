"""The registry's commands."""

from ip_registry import log_cli, sealing_cli
from ip_registry.time import cli as time_cli
from ip_registry.time import outsiders_cli

COMMANDS = [*log_cli.COMMANDS, *outsiders_cli.COMMANDS]
WITHOUT_SITE = [*time_cli.COMMANDS, *sealing_cli.COMMANDS]
