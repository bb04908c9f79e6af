"""What accounts keep of a person, and why."""

from flask_babel import lazy_gettext as _l

from accounts.models import (
    ApiToken,
    Authenticator,
    Departure,
    EmailToken,
    FactorReset,
    Grant,
    Identity,
    KnownDevice,
    Organisation,
    OrganisationSeat,
    Passkey,
    PersonArchive,
    RecoveryCode,
    SecurityEvent,
    User,
    UserSession,
    Vouch,
)
from kernel.idempotency import IdempotencyKey
from kernel.mail import Mail
from kernel.mail.incoming import IncomingMail
from kernel.personal import Fate, keeps

keeps(
    User.id,
    what=_l("Your account: handle, e-mail address, a hash of your password, language, and what your profile says."),
    why=_l("So that you can sign in, be written to about your account, and be known to those you write with."),
    until=_l("Until you delete your account. Whether the handle is free again is known for a year by a keyed hash."),
    fate=Fate.OWN,
    order=1,
)
keeps(
    UserSession.user_id,
    what=_l("Sessions: the address and the program of each browser in which you are signed in."),
    why=_l("So that you see where you are signed in, and can end what you do not recognise."),
    until=_l("Until you sign out, or for at most 60 days after you were last there."),
    fate=Fate.REMOVED,
    order=2,
)
keeps(
    EmailToken.user_id,
    ApiToken.user_id,
    IdempotencyKey.user_id,
    RecoveryCode.user_id,
    what=_l("Hashes of links that were mailed to you, of API tokens, of recovery codes, and of what was sent twice."),
    why=_l("So that each opens what it should, and nothing is done twice."),
    until=_l("Links for two days, what was sent twice for a week, tokens until you delete your account."),
    fate=Fate.REMOVED,
    order=3,
)
keeps(
    Mail.user_id,
    IncomingMail.user_id,
    what=_l("Mails that were written to you, and your replies by mail."),
    why=_l("So that they can be sent again when a server was down, and the staff see what does not get through."),
    until=_l("A few weeks; those about your account as long as you have it."),
    fate=Fate.OWN,
    order=4,
)
keeps(
    Grant.user_id,
    what=_l("Rights that you hold here, and which places you see by them."),
    why=_l("So that what is private stays with those it is for."),
    until=_l("Until you lose the right, or delete your account."),
    fate=Fate.REMOVED,
    order=5,
)
keeps(
    OrganisationSeat.user_id,
    Organisation.created_by_id,
    what=_l("Your seats in organisations, also past ones, with what was said when they began and ended."),
    why=_l("An organisation acts through people, and has to be able to show who acted when."),
    until=_l("As long as the organisation is here; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=30,
)
keeps(
    Vouch.user_id,
    what=_l("What others or this site asserted of you, such as an ORCID iD or a vouching organisation."),
    why=_l("So that readers know what was checked of whom, and by whom."),
    until=_l("Until you delete your account."),
    fate=Fate.REMOVED,
    order=31,
)
keeps(
    Vouch.by_user_id,
    Grant.granted_by_id,
    OrganisationSeat.decided_by_id,
    PersonArchive.decided_by_id,
    what=_l("That it was you who vouched for somebody, gave a right, or decided on a seat."),
    why=_l("Whoever decides about others answers for it."),
    until=_l("As long as what was decided; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=32,
)
keeps(
    PersonArchive.user_id,
    what=_l("Archives that you had made, or brought from elsewhere."),
    why=_l("So that you can fetch them, and read what was taken in."),
    until=_l("The files for seven days, the reports until you delete your account."),
    fate=Fate.REMOVED,
    order=33,
)
keeps(
    Departure.user_id,
    what=_l("That you are about to delete your account, or that this number was an account once."),
    why=_l("So that you can change your mind, and a restored backup can be compared with it."),
    until=_l("For good; it says nothing but a number and two dates."),
    fate=Fate.NAMELESS,
    order=34,
)


keeps(
    Authenticator.user_id,
    Passkey.user_id,
    Identity.user_id,
    KnownDevice.user_id,
    what=_l(
        "Second factors: authenticators (encrypted), public keys, institutions by which you sign in, known browsers."
    ),
    why=_l("So that a password alone does not open your account, and you hear of new browsers."),
    until=_l("Until you remove them, or delete your account."),
    fate=Fate.REMOVED,
    order=6,
)
keeps(
    SecurityEvent.user_id,
    FactorReset.user_id,
    UserSession.impersonator_id,
    what=_l("A log of how your account was opened and secured, and of whoever of the staff looked at the site as you."),
    why=_l("So that you notice what was not you."),
    until=_l("For a year, or until you delete your account."),
    fate=Fate.REMOVED,
    order=7,
)
keeps(
    SecurityEvent.by_user_id,
    FactorReset.asked_by_id,
    what=_l("That it was you, as one of the staff, who changed how somebody’s account is opened."),
    why=_l("Whoever decides about others answers for it."),
    until=_l("For a year; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=34,
)
