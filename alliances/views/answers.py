"""What views of alliances share: errors beside their fields, and the way back."""

from flask_wtf import FlaskForm

from kernel.errors import InvalidError


def put_errors(form: FlaskForm, error: InvalidError, *, first: str = "") -> None:
    """Each error beside its field; what belongs to none stands beside `first`, or the first field of all."""
    for name, message in (error.errors or {first: error.detail}).items():
        field = form[name] if name in form else form[first] if first in form else next(iter(form))
        field.errors = [*field.errors, message]
