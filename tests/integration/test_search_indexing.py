"""The indexer builds, follows, mends and grows; at every moment there is one answer, or the word that there is none."""

import errno
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from accounts.viewers import viewer_for
from forum.actions.boards import set_audience
from forum.actions.removal import delete_post
from kernel.checks import run_checks
from kernel.db import db
from kernel.viewer import Viewer
from kernel.work import unit_of_work
from search_index import analysis, query, searching
from search_index.engine import Engine
from search_index.indexing import building, choosing, locking, places, reader, replicas
from search_index.indexing import indexer as indexing_loop
from search_index.indexing.following import apply_next
from search_index.indexing.health import health
from search_index.indexing.indexer import Indexer
from search_index.models import SearchChange
from tests.makers import forum as make
from tests.makers.people import person
from tests.makers.search import as_it_should_be, contents, forget_index, settings

KINDS = {"whoosh": "sqlite", "tantivy": "sqlite", "postgres": "postgres"}
OUTSIDER = Viewer(locale="en")
PATIENCE = 30.0
_number = count(1)


@pytest.fixture
def indexer(indexed_site: Flask) -> Iterator[Indexer]:
    made = Indexer(indexed_site, should_stop=lambda: False)
    yield made
    made.close()


def run(indexer: Indexer, until: Callable[[], bool]) -> None:
    """Step by step, as the loop would, until something holds."""
    deadline = time.monotonic() + PATIENCE
    while not until():
        assert time.monotonic() < deadline, "the indexer does not get there"
        indexer.step()
        db.session.rollback()
        time.sleep(0.01)


def found(text: str, viewer: Viewer = OUTSIDER) -> list[str]:
    """Titles of what is found, as `find` shows them."""
    result = searching.find(viewer, query.parse(text).query, limit=50)
    db.session.rollback()
    assert result.total >= len(result.finds)
    return [find.shown.title for find in result.finds]


def fresh_word() -> str:
    """A word that no test used before: what was written stays for the whole module."""
    return f"zq{next(_number)}ium"


def is_built() -> bool:
    building_still = searching.is_building()
    db.session.rollback()
    return not building_still


def agrees() -> bool:
    if not is_built():
        return False
    same = contents() == as_it_should_be()
    db.session.rollback()
    return same


def test_a_first_start_builds_the_index_and_says_so_meanwhile(indexed_site: Flask, indexer: Indexer) -> None:
    assert searching.find(OUTSIDER, query.parse("zircaloy").query).is_building
    assert health().state == "building"
    run(indexer, is_built)
    assert "Zircaloy creep at 400 °C" in found("zircaloy creep")
    assert "Zircaloy creep at 400 °C" in found("锆合金")
    run(indexer, agrees)
    assert health().state == "ok"
    assert run_checks(mend=False) == []
    db.session.rollback()


def test_what_is_written_is_found_after_a_step_and_what_is_deleted_is_gone_before_it(
    indexed_site: Flask, indexer: Indexer
) -> None:
    word = fresh_word()
    run(indexer, is_built)
    made = make.thread(title=f"Quenching of {word}")
    db.session.rollback()
    assert found(word) == []
    assert health().lag_changes > 0
    indexer.step()
    assert found(word) == [f"Quenching of {word}"]
    staff = viewer_for(person(staff=True).id)
    with unit_of_work():
        delete_post(staff, post_id=make.opening_post(made).id, reason="Not for here")
    assert found(word) == []
    assert searching.count(OUTSIDER, query.parse(word).query) == 0
    indexer.step()
    assert found(word) == []
    assert agrees()


def test_closing_a_board_takes_effect_without_the_indexer(indexed_site: Flask, indexer: Indexer) -> None:
    word = fresh_word()
    run(indexer, is_built)
    board, author = make.board(), person()
    made = make.thread(title=f"Sintering of {word}", board=board, author=author)
    make.post(thread=made, body=f"{word} needs argon", author=author)
    run(indexer, lambda: len(found(word)) == 2)
    moderator, member = viewer_for(person(staff=True).id), viewer_for(person().id)
    with unit_of_work():
        set_audience(moderator, board=board, audience="members")
    assert found(word) == []
    assert len(found(word, member)) == 2
    with unit_of_work():
        set_audience(moderator, board=board, audience="public")
    assert len(found(word)) == 2


@pytest.mark.parametrize("indexed_site", ["whoosh", "tantivy"], indirect=True)
def test_a_damaged_index_is_noticed_by_who_searches_and_then_mended(indexed_site: Flask, indexer: Indexer) -> None:
    run(indexer, is_built)
    first = places.pointer()
    assert first is not None
    reader.close_all()
    for path in first.path.rglob("*"):
        if path.is_file() and path.stat().st_size:
            path.write_bytes(os.urandom(min(path.stat().st_size, 4096)))
    assert found("zircaloy") == []
    assert health().state in ("building", "damaged")
    run(indexer, lambda: places.pointer() != first and "Zircaloy creep at 400 °C" in found("zircaloy"))
    assert agrees()


def test_an_index_that_fell_behind_the_pruning_is_built_anew(indexed_site: Flask, indexer: Indexer) -> None:
    word = fresh_word()
    run(indexer, is_built)
    first = places.pointer()
    make.thread(title=f"Annealing of {word}")
    with unit_of_work() as work:
        work.execute(delete(SearchChange))
        stats = replicas.of(places.replica_name())
        assert stats is not None
        replicas.record("pruned", engine="", position=stats.position + 1)
    if not choosing.is_shared():
        make.thread(title="Another")  # so that the feed is as far as what was pruned
    run(indexer, lambda: places.pointer() != first and found(word) == [f"Annealing of {word}"])
    run(indexer, agrees)


def test_an_index_of_another_version_is_not_asked_and_is_replaced(
    indexed_site: Flask, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(indexer, is_built)
    first = places.pointer()
    monkeypatch.setattr(analysis, "VERSION", analysis.VERSION + 1)
    reader.close_all()
    assert not is_built()
    run(indexer, is_built)
    assert places.pointer() != first
    assert found("zircaloy")


class FullDisk:
    """An engine whose disk takes nothing more."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def apply(self, *_args: object, **_facts: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_on_a_full_disk_the_site_goes_on_and_the_index_catches_up_later(
    indexed_site: Flask, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    word = fresh_word()
    run(indexer, is_built)
    first = places.pointer()
    usual = choosing.open_engine
    with monkeypatch.context() as full:
        full.setattr(choosing, "open_engine", lambda *args: FullDisk(usual(*args)))
        indexer.close()
        pauses = []
        make.thread(title=f"Forging of {word}")
        for _round in range(3):
            pauses.append(indexer.step())
            db.session.rollback()
        assert pauses == sorted(pauses)
        assert pauses[0] < pauses[-1]
        assert health().state == "disk full"
        db.session.rollback()
        reader.close_all()
    assert found("zircaloy")
    run(indexer, lambda: found(word) == [f"Forging of {word}"])
    assert places.pointer() == first, "a full disk is no reason to build anew"
    assert health().state == "ok"


def test_of_two_indexers_one_waits_and_takes_over_when_the_other_ends(indexed_site: Flask, indexer: Indexer) -> None:
    word = fresh_word()
    run(indexer, is_built)
    second = Indexer(indexed_site, should_stop=lambda: False)
    try:
        second.step()
        make.thread(title=f"Milling of {word}")
        second.step()
        db.session.rollback()
        assert found(word) == []
        assert str(os.getpid()) in locking.owner_of("writer")
        indexer.close()
        run(second, lambda: found(word) == [f"Milling of {word}"])
    finally:
        second.close()


def test_an_index_is_built_beside_a_live_writer_and_loses_nothing(indexed_site: Flask, indexer: Indexer) -> None:
    word = fresh_word()
    run(indexer, is_built)
    indexer._builder.join()
    first = places.pointer()
    author, board = person(), make.board()
    db.session.rollback()

    def rebuild() -> None:
        with indexed_site.app_context():
            while (held := locking.try_lock("builder")) is None:  # the indexer holds it while it keeps house
                time.sleep(0.01)
            building.build(choosing.wanted_engine(0), on_progress=lambda _progress: time.sleep(0.05))
            held.release()

    with ThreadPoolExecutor(1) as beside:
        building_now = beside.submit(rebuild)
        for number in range(10):
            make.thread(author=author, board=board, title=f"Rolling of {word} {number}")
            indexer.step()
            db.session.rollback()
        building_now.result()
    assert places.pointer() != first
    run(indexer, agrees)
    assert len(found(word)) == 10


def test_a_swap_in_the_midst_of_a_step_has_the_last_word(
    indexed_site: Flask, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(indexer, is_built)
    indexer._builder.join()
    first, word = places.pointer(), fresh_word()
    make.thread(author=person(), board=make.board(), title=f"Rolling of {word}")
    db.session.rollback()

    def apply_and_swap(engine: Engine) -> bool:
        is_at_end = apply_next(engine)
        if places.pointer() == first:
            building.build(choosing.wanted_engine(0))
        return is_at_end

    monkeypatch.setattr(indexing_loop, "apply_next", apply_and_swap)
    indexer.step()
    db.session.rollback()
    assert places.pointer() != first
    run(indexer, agrees)
    assert len(found(word)) == 1


def test_a_building_that_fails_leaves_the_index_of_before(
    indexed_site: Flask, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(indexer, is_built)
    first = places.pointer()
    usual = choosing.open_engine
    with monkeypatch.context() as full:
        full.setattr(choosing, "open_engine", lambda *args: FullDisk(usual(*args)))
        with pytest.raises(OSError, match="No space"):
            building.build(choosing.wanted_engine(0))
    db.session.rollback()
    assert places.pointer() == first
    assert replicas.of(f"{places.replica_name()}.building") is None
    assert found("zircaloy")
    if first is not None and not choosing.is_shared():
        assert [path.name for path in places.root().iterdir() if path.is_dir()] == [first.place]


def test_a_site_that_outgrows_whoosh_is_searched_all_the_while(lasting: Callable[[str], Flask]) -> None:
    app = lasting("sqlite")
    with app.app_context():
        forget_index()
        indexer = Indexer(app, should_stop=lambda: False)
        try:
            run(indexer, is_built)
            assert health().engine == "whoosh"
            failures, answers, stop = [], [], threading.Event()

            def ask() -> None:
                while not stop.is_set():
                    with app.app_context():
                        try:
                            total = searching.count(OUTSIDER, query.parse("zircaloy creep").query)
                            answers.append(total)
                            if not total or not found("锆合金"):
                                failures.append("empty")
                        except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure
                            failures.append(repr(error))

            with settings(app, search_growth=1):
                asking = [threading.Thread(target=ask) for _number in range(3)]
                for thread in asking:
                    thread.start()
                run(indexer, lambda: (here := places.pointer()) is not None and here.engine == "tantivy")
                run(indexer, lambda: health().engine == "tantivy")
                os.utime(places.root() / places.POINTER, (1, 1))  # the grace is over
                indexer._house_kept = 0.0
                run(indexer, lambda: not list(Path(places.root()).glob("whoosh-*")))
                answers_then = len(answers)
                run(indexer, lambda: len(answers) > answers_then + 10)
                stop.set()
                for thread in asking:
                    thread.join(PATIENCE)
            assert failures == []
            run(indexer, agrees)
            assert places.pointer().engine == "tantivy", "what was outgrown does not come back"
        finally:
            indexer.close()
            forget_index()
