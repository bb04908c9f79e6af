"""What nobody holds any more is forgotten."""

import gc
import weakref
from pathlib import Path

from guildhall.app import create_app
from guildhall.settings import Settings


def test_a_process_forgets_a_site_when_it_makes_another(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, rate_limits=False, log_requests=False)
    create_app(settings)  # the first of a process stays
    site = weakref.ref(create_app(settings))
    create_app(settings)
    gc.collect()
    assert site() is None
