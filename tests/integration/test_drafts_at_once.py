"""Two devices that save at the same instant: real connections, so that the database decides."""

import threading

from flask import Flask

from accounts.models import User
from accounts.viewers import viewer_for
from forum.actions import drafts
from forum.models import Draft
from kernel.db import session
from kernel.work import unit_of_work
from tests.makers.people import person


def test_of_two_devices_saving_at_once_one_is_told(app: Flask) -> None:
    with app.app_context():
        writer = person()
        with unit_of_work():
            drafts.save(viewer_for(writer.id), place="new", body="begun")
    results: list[str] = []
    gate = threading.Barrier(2)

    def device(name: str) -> None:
        with app.app_context():
            viewer = viewer_for(writer.id)
            session().rollback()
            gate.wait()
            try:
                with unit_of_work():
                    drafts.save(viewer, place="new", body=f"typed on the {name}", version=1)
                results.append("kept")
            except drafts.StaleDraftError as stale:
                results.append(stale.draft.body)
            finally:
                session().close()

    threads = [threading.Thread(target=device, args=(name,)) for name in ("desk", "train")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    try:
        kept, told = sorted(results)
        assert kept == "kept"
        assert told.startswith("typed on the")
    finally:
        with app.app_context(), unit_of_work() as work:
            work.delete(work.get_one(Draft, (writer.id, "new")))
            work.flush()
            work.delete(work.get_one(User, writer.id))
