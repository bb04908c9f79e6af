"""Several workers ask at once: each question is asked once, each answer kept once, on both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from ip_registry.jobs.time import ask_authorities
from ip_registry.logs import open_log
from ip_registry.models import PendingLeaf, TimeToken
from ip_registry.sequencing import sequence
from ip_registry.time.authorities import Authority
from kernel.db import session
from kernel.work import reading, unit_of_work
from tests.makers import registry as make
from tests.makers.authorities import Maker, listening
from tests.makers.people import person

WORKERS = 4


@pytest.mark.parametrize("base", ["sqlite", "postgres"])
def test_many_workers_are_as_one(lasting: Callable[[str], Flask], base: str, tmp_path: Path) -> None:
    app, maker, heard = lasting(base), Maker(), []
    (tmp_path / "chain.pem").write_bytes(maker.chain)

    def answer(query: bytes) -> bytes:
        heard.append(query)
        return maker.answer(query)

    with listening(answer) as url:
        app.config["TIME_AUTHORITIES"] = (Authority(url, tmp_path / "chain.pem"),)
        with app.app_context():
            with unit_of_work() as work:
                open_log(work)
            made = make.record(person())
            session().rollback()
        together = Barrier(WORKERS)

        def work_once(_number: int) -> None:
            together.wait(20)
            with app.app_context():
                ask_authorities()

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(work_once, range(WORKERS)))
    assert len(heard) == 1
    with app.app_context():
        with reading() as work:
            (row,) = work.scalars(select(TimeToken).where(TimeToken.size > made.index))
            assert (row.state, row.attempts) == ("good", 1)
            waiting = select(func.count()).select_from(PendingLeaf).where(PendingLeaf.leaf_hash == row.anchor_hash)
            assert work.scalar(waiting) == 1
        assert sequence() is not None
