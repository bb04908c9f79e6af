"""How fast a browser hashes for sealing, beside `sha256sum` on the same files: interleaved rounds, medians, ratio.

    python -m bench.hashing [--megabytes 256] [--rounds 5] [--files 1]

The browser makes SHA-256 and SHA-512 together; `sha256sum` only the first. Beyond 256 MB it hashes in pieces.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread
from typing import Any

from playwright.sync_api import Page, sync_playwright

STATIC = Path(__file__).resolve().parent.parent / "static"
PAGE = "<!doctype html><title>hashing</title><input type=file multiple>"
NAMES = ("chromium", "chromium-browser", "google-chrome")
HASH = """async (input) => {
  const { hashFiles, workerAt } = await import("/js/registry/hashing.js");
  const { takeFiles } = await import("/js/registry/choosing.js");
  const startWorker = workerAt("/js/registry/hashing_worker.js");
  let longest = 0, last = performance.now();
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 10);
  const started = performance.now();
  const files = await new Promise((take) => {
    takeFiles({ inputs: [input], zone: document.body, take });
    input.dispatchEvent(new Event("change"));
  });
  const hashed = await hashFiles(files, { startWorker });
  const seconds = (performance.now() - started) / 1000;
  clearInterval(beat);
  return { seconds, longest, sha256: hashed[0].sha256 };
}"""


def main() -> None:
    """Print one line a way of hashing, and the ratio of their medians."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=256, help="size of all files together")
    parser.add_argument("--files", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _served() as address, sync_playwright() as playwright:
        files = _made(Path(folder), given.files, given.megabytes * 1_000_000)
        executable = os.environ.get("GUILDHALL_TEST_BROWSER") or next(filter(None, map(shutil.which, NAMES)))
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(address)
        rounds = [(_by_command(files), _by_browser(page, files)) for _round in range(given.rounds)]
        browser.close()
    command, found = median(one for one, _ in rounds), median(other["seconds"] for _, other in rounds)
    longest = max(other["longest"] for _, other in rounds)
    print(f"{given.files} file(s), {given.megabytes} MB, {given.rounds} rounds")
    print(f"sha256sum          {command:6.2f} s  {given.megabytes / command:7.0f} MB/s")
    print(f"browser, 256 + 512 {found:6.2f} s  {given.megabytes / found:7.0f} MB/s")
    print(f"ratio              {command / found:6.2f}    longest pause of the page {longest:.0f} ms")


def _made(folder: Path, count: int, size: int) -> list[Path]:
    files = [folder / f"{number}.bin" for number in range(count)]
    for file in files:
        with file.open("wb") as out:
            left = size // count
            while left > 0:
                out.write(os.urandom(min(left, 1 << 24)))
                left -= 1 << 24
    return files


def _by_command(files: list[Path]) -> float:
    began = time.perf_counter()
    subprocess.run(["sha256sum", *files], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _by_browser(page: Page, files: list[Path]) -> dict[str, Any]:
    page.set_input_files("input", files)
    said: dict[str, Any] = page.locator("input").evaluate(HASH, timeout=0)
    return said


class _Quiet(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/":
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode())
        return None

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(STATIC)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    main()
