"""What the registry keeps of a person, and why."""

from flask_babel import lazy_gettext as _l

from ip_registry.models import Achievement, Record, RecordEvent, RecordParty
from kernel.personal import Fate, keeps

keeps(
    Record.owner_id,
    Record.next_owner_id,
    RecordEvent.actor_id,
    what=_l("Your records: what opens them, as far as you left it here, and who acted on them."),
    why=_l("So that you can show what you had, and when."),
    until=_l(
        "Until you erase a record, or delete your account. Its line in the public log is a hash and stays for good: "
        "nothing can be taken out of the log, and without what opened it the line tells nobody anything."
    ),
    fate=Fate.OWN,
    order=50,
)
keeps(
    RecordParty.user_id,
    what=_l("That you are named in a record of somebody else, as an author or a reader."),
    why=_l("Its owner says who else it is by, and you say whether that is so."),
    until=_l(
        "As long as the record. When you go, it does not lead to you any more; the name that its owner sealed stays "
        "with them."
    ),
    fate=Fate.OWN,
    order=51,
)
keeps(
    Achievement.owner_id,
    what=_l("Achievements that you presented."),
    why=_l("So that others find what can be put to use."),
    until=_l("As long as the thread that presents it; without your name once you have gone."),
    fate=Fate.NAMELESS,
    order=52,
)
