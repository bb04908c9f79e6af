"""Pictures of what is mailed."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser
from sqlalchemy import select

from accounts.models import User
from activity.digests import running
from activity.models import DigestRun
from docs.drawing.pages import DIGEST
from docs.drawing.windows import LANGUAGES, OUT, draw, looks, sign_in, speak
from guildhall.app import create_app
from guildhall.settings import Settings
from kernel.clock import now, standing_at
from kernel.db import session
from kernel.mail import Mail
from kernel.work import unit_of_work
from seeds.town import MEMBER
from tests.live import Site

READERS = {"zh": "shen-zhiyuan", "en": MEMBER}  # whose digest is shown in which language


def draw_mails(browser: Browser, site: Site, language: str, mails: dict[str, str]) -> None:
    """A mail as a program that reads mail shows it: the HTML of the outbox, and nothing of the site around it."""
    for look, context in looks(browser, site, language):
        page = context.new_page()
        page.set_content(mails[language])
        draw(page, OUT / f"{DIGEST}-{look}.png")


def mailed_digests(browser: Browser, site: Site) -> dict[str, str]:
    """The digests of the coming Monday as they lie in the outbox, in each language; who reads one chose it before."""
    for language, who in READERS.items():
        context = browser.new_context(base_url=site.url, locale=LANGUAGES[language][0])
        sign_in(context, who)
        speak(context, LANGUAGES[language][1])
        context.close()
    moment = now()
    monday = (moment + timedelta(days=7 - moment.weekday())).replace(hour=12)
    settings = Settings(data=Path(site.environment["GUILDHALL_DATA"]), base_url=site.url, log_requests=False)
    with create_app(settings).app_context(), standing_at(monday):
        with unit_of_work():
            running.plan(monday)
        while session().scalar(select(DigestRun.id).where(DigestRun.finished_at.is_(None)).limit(1)) is not None:
            running.go_on()
        mails = {
            language: session().scalars(
                select(Mail.html).join(User, User.id == Mail.user_id).where(User.handle == who, Mail.kind == "digest")
            )
            for language, who in READERS.items()
        }
        return {language: found.one() or "" for language, found in mails.items()}
