"""From Whoosh to tantivy under load: no search may fail or come back empty while the site grows past the bound."""

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.living import Site, living, wait_until

SEEKERS = 3
THREADS = 1_200
BOUND = "1000"  # the demo town has some eight hundred documents
ALWAYS = ("钙钛矿", "perovskite", "测量", "report", "damp heat", "分析 数据")


def measure(scratch: Path, environment: Mapping[str, str], *, quick: bool) -> dict[str, Any]:
    """Searches go on in a few connections while an import carries the site over the bound."""
    del environment
    threads = THREADS // 4 if quick else THREADS
    source = scratch / "growth.jsonl"
    source.write_text("\n".join(_thread(number) for number in range(threads)), encoding="utf-8")
    with living(scratch / "grow", GUILDHALL_SEARCH_GROWTH=BOUND) as site:
        before = site.search_state()
        figures = {"from": before["engine"], "documents_before": before["documents"], **_run(site, source)}
        figures["documents_after"] = site.search_state()["documents"]
    print(
        f"\nGrowth: {figures['from']} → {figures['to']} ({figures['documents_before']} → {figures['documents_after']}"
        f" documents) in {figures['seconds']} s under load: {figures['searches']} searches, {figures['failed']} failed,"
        f" {figures['empty']} empty"
    )
    return figures


def _run(site: Site, source: Path) -> dict[str, Any]:
    stop = threading.Event()
    counted: Counter[str] = Counter()
    lock = threading.Lock()

    def seek(start: int) -> None:
        program, number = site.program(), start
        while not stop.is_set():
            status, found = program.get("/api/v1/search", q=ALWAYS[number % len(ALWAYS)])
            number += 1
            with lock:
                counted["searches"] += 1
                counted["failed"] += status != 200  # noqa: PLR2004 - HTTP
                counted["empty"] += status == 200 and not found["items"]  # noqa: PLR2004 - HTTP
            time.sleep(0.02)

    seekers = [threading.Thread(target=seek, args=(number,)) for number in range(SEEKERS)]
    for seeker in seekers:
        seeker.start()
    try:
        started = time.monotonic()
        site.command("import", "threads", str(source), "--community", "materials")
        wait_until(lambda: site.search_state()["engine"] == "tantivy", "it did not grow", seconds=300)
        took = time.monotonic() - started
        time.sleep(3)
    finally:
        stop.set()
        for seeker in seekers:
            seeker.join()
    return {"to": site.search_state()["engine"], "seconds": round(took, 1), **counted}


def _thread(number: int) -> str:
    """One thread as `guildhall import threads` reads it."""
    at = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T08:00:00Z"
    return json.dumps(
        {
            "source": f"bench:growth:{number}",
            "licence": "CC0",
            "community": "materials",
            "title": f"Perovskite report {number}: 钙钛矿测量分析第 {number} 组",
            "author": f"Author {number % 40}",
            "created_at": at,
            "tags": ["perovskite"],
            "body_markdown": f"Damp heat data of batch {number}. 湿热数据与分析。",
            "replies": [
                {"author": "Reader", "created_at": at, "body": f"Measured batch {number} again.", "accepted": False}
            ],
        },
        ensure_ascii=False,
    )
