import errno


def is_disk_full(error: BaseException | None) -> bool:
    """Whether it failed for want of room, whatever it was wrapped in."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "No space left on device" in str(error) or "database or disk is full" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
