"""A push notice as a browser shows it, over a page of the site.

The site does all that it does for a reply, up to what it hands to the push service; what that service would carry to
the browser is handed to it here. Browsers show notices only beside windows, so a screen in memory is needed: Xvfb.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import click
from PIL import Image, ImageChops, ImageGrab
from playwright.sync_api import Page, Playwright
from sqlalchemy import select

from accounts.models import User, UserSession
from accounts.viewers import viewer_for
from activity.delivering import deliver_due
from docs.drawing.pages import PUSH, THREADS, find
from docs.drawing.windows import LANGUAGES, OUT, SIZES, THEMES, keep, launched, sign_in, speak
from forum.actions.posts import reply
from forum.models import Post
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.clock import now, standing_at
from kernel.db import session
from kernel.jobs import run_due
from kernel.work import unit_of_work
from tests.live import Site
from tests.makers.push import push_service, subscribed


class Answer(NamedTuple):
    """Who answers whom, in the thread of that language, and how."""

    reader: str
    writer: str
    body: str


ANSWERS = {
    "zh": Answer("lin-wei", "chen-yu", "引出线那条边的密封，我们换成预涂底胶以后再没有走穿过，数据我整理一下发上来。"),
    "en": Answer(
        "ines-carvalhal", "rebecca-thornhill", "We found the same on two of our plants. Both were typed by hand."
    ),
}
NAME = "guildhall.localhost"  # what the browser calls the site, since a notice says where it comes from
WIDTH, HEIGHT, _SCALE = SIZES["desktop"]
MEANWHILE = timedelta(minutes=1)
STEP, PATIENCE = 300, 15_000  # milliseconds


def draw_pushes(playwright: Playwright, site: Site) -> None:
    """One in each language and theme; where there is no Xvfb, says that there is none."""
    if shutil.which("Xvfb") is None:
        click.echo(f"{PUSH} is left as it was: there is no Xvfb, which Debian has in the package xvfb.")
        return
    for language in LANGUAGES:
        message = ""
        for theme in THEMES:
            with screen() as display, window(playwright, site, display, language, theme) as page:
                message = message or what_is_pushed(site, language)
                page.goto("/")
                keep(seen(page, display, message), OUT / f"{PUSH}-{language}-{theme}-desktop.png")
            click.echo(f"{PUSH}-{language}-{theme}")


@contextmanager
def screen() -> Iterator[str]:
    """A screen that is nowhere but in memory; its name."""
    shape = f"{WIDTH}x{HEIGHT}x24"
    command = ["Xvfb", "-displayfd", "1", "-screen", "0", shape, "-nolisten", "tcp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:  # noqa: S603 - our own command
        try:
            yield f":{next(iter(process.stdout or ())).strip()}"
        finally:
            process.terminate()


@contextmanager
def window(playwright: Playwright, site: Site, display: str, language: str, theme: str) -> Iterator[Page]:
    """The reader at a window that fills the screen, in a browser that may tell them and does so by itself."""
    how = launched(language)
    how["args"] += [
        "--test-type",  # no bar that warns of the switches
        "--hide-scrollbars",
        "--app=data:,",
        "--window-position=0,0",
        f"--window-size={WIDTH + 1},{HEIGHT + 1}",  # without a window manager, a window lacks its last row and column
        f"--host-resolver-rules=MAP {NAME}:80 127.0.0.1:{site.port}",
    ]
    how["env"] |= {
        "DISPLAY": display,
        "DBUS_SESSION_BUS_ADDRESS": "disabled:",  # no desktop that would draw the notice instead
        "GTK_THEME": "Adwaita:dark" if theme == "dark" else "Adwaita",
    }
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        context = playwright.chromium.launch_persistent_context(
            profile,
            **how,
            headless=False,
            no_viewport=True,
            base_url=f"http://{NAME}",
            color_scheme="dark" if theme == "dark" else "light",
            locale=LANGUAGES[language][0],
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            service_workers="allow",
        )
        context.grant_permissions(["notifications"], origin=f"http://{NAME}")
        sign_in(context, ANSWERS[language].reader)
        speak(context, LANGUAGES[language][1])
        yield context.pages[0]
        context.close()


def what_is_pushed(site: Site, language: str) -> str:
    """Let the reader's newest session be told, answer, and open what the site then sends to the push service."""
    answer = ANSWERS[language]
    thread_id = int(find(site, "threads", THREADS[language]).split("/")[2].split("-")[0])
    with push_service() as service:
        settings = Settings(
            data=Path(site.environment["GUILDHALL_DATA"]),
            base_url=site.url,
            push_services=service.url,
            log_requests=False,
        )
        with create_app(settings).app_context():
            of_the_reader = select(UserSession).join(User, User.id == UserSession.user_id)
            newest = of_the_reader.where(User.handle == answer.reader).order_by(UserSession.id.desc()).limit(1)
            subscribed(session().scalars(newest).one(), service.browser())
            writer = session().scalars(select(User.id).where(User.handle == answer.writer)).one()
            opening = select(Post.id).where(Post.thread_id == thread_id, Post.number == 1)
            with unit_of_work():
                reply(viewer_for(writer), thread_id=thread_id, body=answer.body, reply_to=session().scalar(opening))
            with standing_at(now() + MEANWHILE):
                deliver_due()
                run_due()
        (told,) = service.told()
        return json.dumps(told)


def seen(page: Page, display: str, message: str) -> Image.Image:
    """The screen, once the notice is on it and nothing moves any more."""
    page.wait_for_load_state("networkidle")
    page.evaluate("navigator.serviceWorker.ready.then(() => document.fonts.ready).then(() => 0)")
    page.evaluate("document.documentElement.style.pointerEvents = 'none'")  # the pointer is in the middle of the screen
    found: list[dict[str, str]] = []
    tools = page.context.new_cdp_session(page)
    tools.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    tools.send("ServiceWorker.enable")
    page.wait_for_timeout(STEP)
    empty = ImageGrab.grab(xdisplay=display)
    registration = {"origin": f"http://{NAME}", "registrationId": found[-1]["registrationId"]}
    tools.send("ServiceWorker.deliverPushMessage", {**registration, "data": message})
    last = empty
    for _turn in range(PATIENCE // STEP):
        page.wait_for_timeout(STEP)
        now_seen = ImageGrab.grab(xdisplay=display)
        if differ(now_seen, empty) and not differ(now_seen, last):
            return now_seen
        last = now_seen
    raise SystemExit("The browser showed no notice.")


def differ(one: Image.Image, other: Image.Image) -> bool:
    """Whether there is anything in one picture that is not in the other."""
    return ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getbbox() is not None
