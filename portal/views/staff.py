from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from activity.actions import record_act
from kernel import jobs
from kernel.backups import backup_health, latest_backups, latest_rehearsals
from kernel.i18n import span
from kernel.limits import SMALL_DEEDS, limiter
from kernel.policy import Door
from kernel.refs import Ref
from kernel.viewer import STAFF
from kernel.web import current_viewer
from portal import desk
from portal.room import room
from search_index.indexing.health import health

WHICH = ("new", "unconfirmed", "silenced", "suspended")


@room.page("/staff", may=Door.STAFF)
def staff() -> ResponseReturnValue:
    """The desk of those who run the site: what needs somebody, how the place grows, and the way to everything else."""
    return render_template(
        "portal/staff.html",
        concerns=desk.concerns(current_viewer()),
        growth=desk.growth(),
        weeks=desk.week_names(),
        index=health(),
    )


@room.page("/staff/people", may=Door.STAFF)
def staff_people() -> ResponseReturnValue:
    """Everybody who has an account."""
    words, which = request.args.get("q", "")[:100], request.args.get("which", "")
    which = which if which in WHICH else ""
    page = desk.people_page(current_viewer(), words=words, which=which, cursor=request.args.get("cursor"))
    return render_template("portal/staff_people.html", page=page, words=words, which=which)


@room.page("/staff/communities", may=Door.STAFF)
def staff_communities() -> ResponseReturnValue:
    """How the communities do, and who looks after them."""
    return render_template("portal/staff_communities.html", rows=desk.communities_with_moderators(current_viewer()))


@room.page("/staff/jobs", may=Door.STAFF)
def staff_jobs() -> ResponseReturnValue:
    """What the worker does, has to do, and gave up."""
    viewer = current_viewer()
    return render_template(
        "portal/staff_jobs.html",
        page=desk.dead_jobs(cursor=request.args.get("cursor")),
        waiting=desk.waiting_jobs(),
        regular=[(name, span(every, viewer.locale), run) for name, every, run in jobs.regular_jobs()],
    )


@room.page("/staff/jobs/<int:job_id>/again", may=Door.STAFF, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def job_again(job_id: int) -> ResponseReturnValue:
    """Have one that was given up tried again."""
    _note("job.again", jobs.revive(job_id))
    flash(_("It will be tried again at once."), "success")
    return redirect("/staff/jobs", 303)


@room.page("/staff/jobs/<int:job_id>/drop", may=Door.STAFF, methods=("POST",))
@limiter.limit(SMALL_DEEDS)
def drop_job(job_id: int) -> ResponseReturnValue:
    """Give one up for good."""
    _note("job.drop", jobs.drop(job_id))
    flash(_("It will not be done."), "success")
    return redirect("/staff/jobs", 303)


@room.page("/staff/backups", may=Door.STAFF)
def staff_backups() -> ResponseReturnValue:
    """The last backups and rehearsals, and what became of them."""
    return render_template(
        "portal/staff_backups.html",
        health=backup_health(),
        backups=latest_backups(),
        rehearsals=latest_rehearsals(),
    )


def _note(act: str, job: jobs.Job) -> None:
    ref = Ref("kernel.job", job.id)
    record_act(current_viewer(), act=act, ref=ref, place=ref, audience=STAFF, details={"job": job.name})
