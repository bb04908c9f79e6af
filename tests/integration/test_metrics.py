"""What the house counts for its operator, and who may read it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from kernel import jobs
from kernel.errors import NotFoundError
from kernel.jobs import Job, RegularRun, enqueue, job, run_due
from kernel.work import unit_of_work
from tests.makers import forum as make


@job("tests.fails")
def fails() -> None:
    raise ValueError("no")


def value(text: str, name: str) -> float:
    return next(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(name + " "))


def test_requests_jobs_and_gauges_are_counted(client: FlaskClient, database: Session) -> None:
    make.thread()
    before = client.get("/metrics").text
    client.get("/communities")
    client.get("/communities/nowhere")
    with unit_of_work():
        enqueue("tests.fails")
    run_due()
    after = client.get("/metrics").text
    for status in ("200", "404"):
        name = f'guildhall_requests_total{{room="forum",status="{status}"}}'
        was = value(before, name) if name in before else 0
        assert value(after, name) == was + 1
    assert 'guildhall_jobs_total{job="tests.fails",outcome="failed"}' in after
    assert value(after, "guildhall_jobs_waiting") >= 1
    assert value(after, 'guildhall_highest_number{of="threads"}') >= 1
    assert 'guildhall_request_seconds_bucket{le="0.05",room="forum"}' in after


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("::ffff:127.0.0.1", {}, 200),
        ("10.0.0.7", {}, 404),
        ("203.0.113.9", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),  # a proxy that nobody said to trust
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, 404),
    ],
)
def test_metrics_are_for_near_networks(client: FlaskClient, address: str, headers: dict[str, str], status: int) -> None:
    answer = client.get("/metrics", headers=headers, environ_overrides={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_a_dead_job_is_tried_again_or_dropped(database: Session) -> None:
    with unit_of_work():
        first, second = enqueue("tests.fails"), enqueue("tests.fails")
        first.state = second.state = "dead"
        first.attempts = 8
    with unit_of_work():
        jobs.revive(first.id)
        jobs.drop(second.id)
    assert database.get_one(Job, first.id).attempts == 0
    assert database.get(Job, second.id) is None
    with pytest.raises(NotFoundError), unit_of_work():
        jobs.revive(first.id)


def test_it_is_known_when_a_regular_job_last_ran(database: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_schedule", {"tests.fails": jobs.timedelta(hours=1)})
    jobs._run_regular({"tests.fails": 0.0})
    run = database.get_one(RegularRun, "tests.fails")
    assert run.error == "ValueError: no"
    assert [name for name, _every, _run in jobs.regular_jobs()] == ["tests.fails"]
