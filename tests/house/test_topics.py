"""Whatever people are told of belongs to a topic by which they can switch it off."""

import ast

from flask import Flask

from activity import labels
from activity.sentences import _sentences
from activity.topics import USUAL, Topic, topic_of
from kernel.i18n import speaking
from tests.house.source import trees


def _events() -> set[tuple[str, str]]:
    """Every event that code names to `notify` or `tell`; of one that is put together, how it begins."""
    found = set()
    for name, tree in trees():
        constants = {
            target.id: value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target, value in _pairs(node)
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("notify", "tell", "_tell"):
                for keyword in node.keywords:
                    if keyword.arg == "event":
                        found |= {(name, text) for text in _texts(keyword.value, constants)}
    return found


def _pairs(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    target = node.targets[0]
    if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
        return list(zip(target.elts, node.value.elts, strict=True))
    return [(target, node.value)]


def _texts(value: ast.expr, constants: dict[str, str]) -> list[str]:
    if isinstance(value, ast.IfExp):
        return _texts(value.body, constants) + _texts(value.orelse, constants)
    if isinstance(value, ast.Name):
        return [constants[value.id]] if value.id in constants else []
    parts = value.values if isinstance(value, ast.JoinedStr) else [value]
    first = parts[0]
    return [first.value] if isinstance(first, ast.Constant) and isinstance(first.value, str) else []


def test_every_event_has_a_topic(app: Flask) -> None:
    events = _events() | {("a sentence", event) for event in _sentences}
    assert len(events) > 80
    lost = []
    for name, event in sorted(events):
        try:
            topic_of(event)
        except LookupError:
            lost.append(f"{name}: {event}")
    assert lost == []


def test_every_topic_is_explained_and_has_a_usual_way(app: Flask) -> None:
    with app.test_request_context(), speaking("zh_Hans"):
        assert set(labels.topics()) == set(Topic) == set(USUAL)
        assert all(label.name and label.about for label in labels.topics().values())
