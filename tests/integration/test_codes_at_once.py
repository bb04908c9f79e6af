"""Two who bring the same code at the same instant: real connections, so that the database decides."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.actions.factors import check_code
from accounts.challenges import spend
from accounts.models import RecoveryCode, User
from kernel.db import session
from kernel.errors import InvalidError
from kernel.work import unit_of_work
from tests.makers.factors import authenticator, code_of, recovery_code
from tests.makers.people import person


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("kind", ["app", "paper", "challenge"])
def test_of_four_who_bring_it_at_once_one_is_in(lasting: Callable[[str], Flask], database: str, kind: str) -> None:
    app = lasting(database)
    with app.app_context():
        user = person()
        secret, paper = authenticator(user), recovery_code(user)
        code = code_of(secret) if kind == "app" else paper
        number = user.id
        session().close()
    gate, results = threading.Barrier(4), []

    def bring() -> None:
        with app.app_context():
            gate.wait()
            try:
                with unit_of_work() as work:
                    if kind == "challenge":
                        spend(f"the same for {number}")
                    else:
                        check_code(work.get_one(User, number), code)
                results.append("in")
            except InvalidError:
                results.append("refused")
            finally:
                session().close()

    threads = [threading.Thread(target=bring) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == ["in", "refused", "refused", "refused"]
    with app.app_context():
        used = select(func.count()).where(RecoveryCode.user_id == number, RecoveryCode.used_at.is_not(None))
        assert session().scalar(used) == (1 if kind == "paper" else 0)
        session().close()
