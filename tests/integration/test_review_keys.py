"""What is kept ready-made is given only to those for whom it was made."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from forum.models import ReadMark
from tests import makers
from tests.makers.forum import post, thread
from tests.makers.people import person, sign_in

assert makers

LINE = 'id="unread"'


def test_the_line_of_what_is_new_is_drawn_for_each_reader_by_their_own_mark(
    client: FlaskClient, database: Session
) -> None:
    discussion, author = thread(), person()
    for _number in range(22):
        post(thread=discussion, author=author)
    shown = {}
    for read in (None, 0, 5, 19, 20, 21):
        reader = person()
        if read is not None:
            database.add(ReadMark(user_id=reader.id, thread_id=discussion.id, number=read))
            database.commit()
        sign_in(client, reader)
        for at in (1, 21):
            page = client.get(f"/threads/{discussion.id}-{discussion.slug}?at={at}").text
            shown[read, at] = LINE in page
    assert {key for key, line in shown.items() if line} == {(5, 1), (19, 1), (20, 21), (21, 21)}
