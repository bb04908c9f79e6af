from typing import cast

import flask_babel


def gettext(sentence: str, **values: object) -> str:
    """Flask-Babel's gettext with a type, for functions that return what it says."""
    return cast("str", flask_babel.gettext(sentence, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """The same, by number; `%(num)s` is the number."""
    return cast("str", flask_babel.ngettext(singular, plural, num, **values))
