"""The people of the demo town as accounts: confirmed, with one password, some with an avatar drawn for them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from accounts.models import Grant, User
from accounts.passwords import hash_password
from forum.models import Community
from kernel.db import session
from kernel.markup import cook
from kernel.viewer import STAFF
from seeds.parsing import SeedPerson
from seeds.pictures import avatar_of

PASSWORD = "guildhall-demo"  # noqa: S105 - printed when the site starts
DOMAIN = "example.cn"
LOCALES = {"zh-Hans": ("zh_Hans", "Asia/Shanghai"), "en": ("en", "Europe/London")}
EVERY_FIFTH = 5
REGULAR = 2


def add_people(people: Mapping[str, SeedPerson], *, moment: datetime) -> dict[str, int]:
    """Add everybody with what they are granted; returns ids by handle. Those of longest standing come first."""
    password_hash = hash_password(PASSWORD)
    communities = dict(session().execute(select(Community.slug, Community.id)).all())
    ids: dict[str, int] = {}
    for place, person in enumerate(sorted(people.values(), key=lambda one: (-one.joined, one.handle))):
        locale, timezone = LOCALES[person.lang]
        joined = moment - person.joined
        user = User(
            handle=person.handle,
            email=f"{person.handle}@{DOMAIN}",
            email_confirmed_at=joined,
            password_hash=password_hash,
            display_name=person.name,
            created_at=joined,
            locale=locale,
            timezone=timezone,
            avatar_hash=avatar_of(person.handle) if place % EVERY_FIFTH == 0 else None,
            affiliation=person.affiliation,
            affiliation_kind=person.kind,
            job_title=person.role,
            region=person.region,
            fields=person.fields,
            sectors=person.sectors,
            bio=person.bio,
            bio_html=cook(person.bio, mentions=False).html,
            trust_level=REGULAR,
        )
        session().add(user)
        session().flush()
        ids[person.handle] = user.id
        tokens = [f"moderator:{communities[slug]}" for slug in person.moderates] + [STAFF] * person.staff
        session().add_all(Grant(user_id=user.id, token=token, created_at=joined) for token in tokens)
    session().flush()
    return ids
