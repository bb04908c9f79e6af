"""Mail out and mail in. Knows addresses and `Ref`s, and no people.

Out: what the site writes is a row of the outbox (`outbox`), written with the deed that causes it. `delivery` asks
whether it may still go, has `letters` make a message of it, and hands it to the SMTP server over a `line`.

In: a message is a row (`incoming`) before anybody thinks about it, brought by a mail server or found in an `inbox`.
`reading` takes it apart, `hypertext` and `quoting` find what its writer wrote, `reports` knows what no person wrote.

`addresses` are signed, so that what comes back says what it is about; `suppression` remembers to whom no mail gets
through.
"""

from kernel.mail import delivery, inbox
from kernel.mail.outbox import Mail, send_mail

__all__ = ["Mail", "delivery", "inbox", "send_mail"]
