from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.mail import Mail, delivery
from kernel.mail.outbox import whole
from kernel.work import unit_of_work
from tests.makers.letters import delivering_to, free_port, mail_server
from tests.makers.people import person


def test_a_letter_with_a_link_arrives_in_the_readers_own_letters(
    client: FlaskClient, database: Session, app: Flask
) -> None:
    user = person(handle="lin-wei", display_name="林蔚")
    port = free_port()
    with delivering_to(app, port), mail_server(port) as box:
        client.post("/forgot", data={"email": user.email})
        with unit_of_work():
            delivery.deliver_due()
    [message] = box.received
    assert message["To"] == user.email
    assert message["From"] == "guildhall@127.0.0.1"
    assert "林蔚" in message.get_content()
    assert "/reset/" in message.get_content()
    database.expire_all()
    assert database.scalars(select(Mail)).one().state == "sent"


def test_without_a_server_mail_is_kept(client: FlaskClient, database: Session) -> None:
    user = person()
    client.post("/forgot", data={"email": user.email})
    mail = database.scalars(select(Mail)).one()
    assert mail.state == "kept"
    assert "/reset/" in whole(mail, mail.body)
