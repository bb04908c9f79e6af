"""Many listings at once must not stand in the way of mails and other jobs."""

import itertools

from sqlalchemy import select
from sqlalchemy.orm import Session

from accounts.viewers import viewer_for
from kernel.jobs import Job
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from resources.importing.checking import check_entries
from resources.importing.writing import prepare, write
from tests.makers import needs as make
from tests.makers.listings import typed
from tests.makers.people import person


def imported(viewer: Viewer, count: int) -> None:
    rows = [(number, typed(title=f"Furnace number {number}")) for number in range(count)]
    prepared = prepare(viewer, check_entries(viewer, iter(rows)).entries)
    with unit_of_work():
        write(viewer, prepared, publish=True)


def matching_jobs(database: Session) -> list[Job]:
    waiting = select(Job).where(Job.name.like("resources.match_%")).order_by(Job.id)
    return list(database.scalars(waiting))


def test_an_import_asks_each_open_need_once_and_not_each_listing(database: Session) -> None:
    viewer = viewer_for(person().id)
    need = make.need(owner=person(), title="A furnace for sintering")
    before = len(matching_jobs(database))
    imported(viewer, 40)
    assert [(job.name, job.payload) for job in matching_jobs(database)[before:]] == [
        ("resources.match_need", {"need_id": need.id})
    ]


def test_the_jobs_of_an_import_leave_room_between_them(database: Session) -> None:
    viewer = viewer_for(person().id)
    for number in range(4):
        make.need(owner=person(), title=f"A furnace of sort {number}")
    before = len(matching_jobs(database))
    imported(viewer, 3)
    jobs = matching_jobs(database)[before:]
    assert [job.name for job in jobs] == ["resources.match_listing"] * 3
    assert all(later.run_at > earlier.run_at for earlier, later in itertools.pairwise(jobs))
