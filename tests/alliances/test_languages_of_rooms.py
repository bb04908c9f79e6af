"""What members wrote is marked with its own language, whatever the language of the page: documents, events, calls."""

import re

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from alliances.call_text import Criterion
from tests.makers import rooms as make
from tests.makers.alliances import alliance
from tests.makers.people import sign_in

TITLE, TEXT, PLACE, MONEY, CRITERION = (
    "水汽渗透率降一级",
    "每块平行样，都要拍照。",
    "杭州，栖霞所",
    "80 万元，分三期",
    "技术路线",
)


def test_what_is_written_in_chinese_says_so_on_an_english_page(client: FlaskClient, database: Session) -> None:
    made = alliance()
    document = make.document(made, title=TITLE, body=TEXT)
    event = make.event(made, title=TITLE, body=TEXT, place=PLACE)
    call = make.call(made, title=TITLE, body=TEXT, budget=MONEY, criteria=(Criterion(CRITERION, 1, 10),))
    sign_in(client, made.people[0])
    for place, wanted in (
        (f"documents/{document.id}", (("h1", TITLE), ("div", TEXT))),
        (f"events/{event.id}", (("h1", TITLE), ("div", TEXT), ("span", PLACE))),
        (f"calls/{call.id}", (("h1", TITLE), ("div", TEXT), ("dd", MONEY), ("th", CRITERION))),
    ):
        page = client.get(f"{made.alliance.url}/{place}", headers={"Accept-Language": "en"}).text
        assert '<html lang="en"' in page
        for element, words in wanted:
            marked = rf'<{element}[^>]* lang="zh-Hans">(<p>)?{re.escape(words)}'
            assert re.search(marked, page), (place, element, words)
