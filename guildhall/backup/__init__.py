"""A site in one file, and back: made while the site runs, and proven by rehearsals that restore it.

A backup is a tar, compressed with zstd and, where there are recipients, encrypted with age; these three programs alone
can open it. In it, in this order: `about.json`; `files/` with the bytes of files under their hashes; `data/`, the rest
of the directory; `settings.env`; `database/`, the database in pieces; the files that came meanwhile; and
`manifest.json`, which says what all of it has to hash to. What has no manifest is not a backup.

`making` makes one from a frozen database (`snapshots`) and puts it into a place (`places`); `raising` unpacks one
beside the data and compares it with its manifest; `restoring` swaps that in; `rehearsing` throws it away. `schedule` is
the worker's part.
"""

from guildhall.backup.errors import BackupError

__all__ = ["BackupError"]
