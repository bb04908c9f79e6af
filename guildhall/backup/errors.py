class BackupError(Exception):
    """Why a backup could not be made or restored, in words for whoever runs the site."""


class DamagedError(BackupError):
    """A backup that is not what was written: cut short, changed, or no backup at all."""


class GarbledError(Exception):
    """Bytes that are not those that were written; whoever reads them knows what they were to be."""
