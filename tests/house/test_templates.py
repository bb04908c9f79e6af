"""Templates and addresses: none is an orphan, none is missing, and nothing in them goes round the wall."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment
from jinja2.meta import find_referenced_templates
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import RequestRedirect

from kernel.pagecache import Kept
from tests.house.source import ROOT, trees

TEMPLATES = ROOT / "templates"
SCRIPTS = ROOT / "static" / "js"
EXPRESSION = re.compile(r"\{\{.*?\}\}")
ADDRESS = re.compile(
    r"""\b(?:href|action|formaction|src|hx-get|hx-post|data-[a-z-]*url)=(["'])(/(?!static/)[^"']*?)\1"""
)
INLINE = re.compile(
    r"""\son[a-z]+\s*=|\sstyle\s*=|javascript:|<style|<script(?![^>]*\ssrc=)(?![^>]*type="application/)"""
)
STAND_INS = ("1", "1-a", "a", "like", "lock", "materials", "new")


@cache
def names() -> tuple[str, ...]:
    """All templates."""
    return tuple(sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.*") if path.is_file()))


def text_of(name: str) -> str:
    """A template without its comments."""
    return re.sub(r"\{#.*?#\}", "", (TEMPLATES / name).read_text(encoding="utf-8"), flags=re.DOTALL)


@cache
def named_in_code() -> tuple[set[str], list[re.Pattern[str]]]:
    """Template names that the Python code spells out, and those it puts together, as patterns."""
    plain: set[str] = set()
    patterns: list[re.Pattern[str]] = []
    for _name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                plain.add(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else r"[\w./-]+" for v in node.values]
                if any(isinstance(v, ast.Constant) and "/" in str(v.value) for v in node.values):
                    patterns.append(re.compile("".join(parts)))
    return plain, patterns


def test_every_template_is_used() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n", Kept], autoescape=True)
    used: set[str] = set()
    for name in names():
        for other in find_referenced_templates(environment.parse((TEMPLATES / name).read_text(encoding="utf-8"))):
            used |= {other} if other else {n for n in names() if Path(n).parent == Path(name).parent and n != name}
    plain, patterns = named_in_code()
    orphans = [n for n in names() if n not in used | plain and not any(p.fullmatch(n) for p in patterns)]
    assert orphans == []


def test_every_template_that_is_named_exists() -> None:
    environment = Environment(extensions=["jinja2.ext.i18n", Kept], autoescape=True)
    wanted = {
        other
        for name in names()
        for other in find_referenced_templates(environment.parse((TEMPLATES / name).read_text(encoding="utf-8")))
        if other
    }
    wanted |= {
        call.args[0].value
        for _name, tree in trees()
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", getattr(call.func, "attr", "")) == "render_template"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
    assert wanted - set(names()) == set()


@pytest.mark.parametrize("name", [name for name in names() if name.endswith(".html")])
def test_a_template_keeps_to_the_wall(name: str) -> None:
    """No script, style or handler within the page; nothing marked safe but what was cooked."""
    text = text_of(name)
    if name.startswith("emails/"):  # mail programs know no style but that within the lines
        text = re.sub(r"\sstyle=", " ", text)
    assert INLINE.findall(re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text, flags=re.DOTALL)) == []
    safe = re.findall(r"([\w.]+)\s*\|\s*safe", text)
    assert all(value.endswith("html") for value in safe), safe
    for form in re.findall(r"<form\b[^>]*>.*?</form>", text, re.DOTALL | re.IGNORECASE):
        opening = form.partition(">")[0]
        if re.search(r"""method\s*=\s*["']?post""", opening, re.IGNORECASE):
            assert "csrf" in form, opening


def _leads_somewhere(app: Flask, address: str) -> bool:
    adapter = app.url_map.bind("127.0.0.1")
    path = address.partition("?")[0].partition("#")[0]
    for stand_in in STAND_INS:
        try:
            adapter.match(EXPRESSION.sub(stand_in, path), method="GET")
        except (MethodNotAllowed, RequestRedirect):
            return True
        except HTTPException:
            continue
        return True
    return False


def test_every_address_in_a_template_leads_somewhere(app: Flask) -> None:
    lost = [
        f"{name}: {address}"
        for name in names()
        for _quote, address in ADDRESS.findall(text_of(name))
        if "{%" not in address and not _leads_somewhere(app, address)
    ]
    assert lost == []


def test_every_endpoint_named_in_a_template_exists(app: Flask) -> None:
    named = {
        (name, endpoint)
        for name in names()
        for endpoint in re.findall(r"""url_for\(\s*["']([\w.]+)["']""", text_of(name))
    }
    assert {pair for pair in named if pair[1] not in app.view_functions} == set()


FILLED_IN = re.compile(
    r"""\{\{.*?\}\}|\$?\{[^{}\n]*\}|["']\s*~\s*[\w.\[\]]+(?:\s*~\s*["'])?|["'`]\s*\+\s*[\w.]+|["'],\s*\w+(?=\))|%\(\w+\)s|%[sd]"""
)
BLANK = "\0"
WITH_A_SLASH = re.compile(r"""["'`?#\s)\\]?[^"'`?#\s)\\]*/[^"'`?#\s)\\]*""")  # and what it follows on


@cache
def _addresses() -> str:
    """What templates, scripts and code say that may be an address, with what is filled in later as a blank."""
    code = "\n".join(
        line
        for path, _tree in trees()
        for line in (ROOT / path).read_text(encoding="utf-8").splitlines()
        if ".page(" not in line and "endpoint(room" not in line
    )
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.rglob("*.js")))
    pages = "\n".join(text_of(name) for name in names())
    within = "\n".join(match[0] for match in EXPRESSION.finditer(pages)).replace("{{", "").replace("}}", "")
    everything = FILLED_IN.sub(BLANK, f"{code}\n{scripts}\n{pages}\n{within}")
    return "\n".join(dict.fromkeys(WITH_A_SLASH.findall(everything)))


@cache
def _named() -> set[str]:
    """Every endpoint of which an address is asked for."""
    texts = [*((ROOT / path).read_text(encoding="utf-8") for path, _tree in trees()), *map(text_of, names())]
    return {endpoint for text in texts for endpoint in re.findall(r"""url_for\(\s*["']([\w.]+)["']""", text)}


def _as_pattern(rule: str) -> re.Pattern[str]:
    """How an address of this route may be spelled: an argument, and any step but the first, may be a blank."""
    steps = []
    for place, step in enumerate(rule.strip("/").split("/")):
        literal = r"[^/\s\"'`?#]+".join(re.escape(part) for part in re.split(r"<[^>]+>", step))
        if (one_of := re.fullmatch(r"<any\((.+)\):\w+>", step)) is not None:
            literal = one_of[1].replace(",", "|")
        steps.append(literal if place == 0 else f"(?:{literal}|{BLANK})")
    whole = r"""(?<=["'`(=\0\s])/""" + "/".join(steps)
    within = "|".join(r"""(?<=["'\0])/""" + "/".join(steps[place:]) for place in _after_owner(rule))
    return re.compile(f"(?:{whole}{'|' + within if within else ''})" + r"""(?=["'`?#\0\s)\\]|$)""")


def _after_owner(rule: str) -> list[int]:
    """Pages of an alliance are addressed from its own address on, or from that of a part: `{{ alliance.url }}/log`."""
    steps = rule.strip("/").split("/")
    if not rule.startswith("/alliances/<slug>/"):
        return []
    return [place for place in range(2, len(steps)) if not steps[place].startswith("<") or "any(" in steps[place]]


def test_no_route_is_an_orphan(app: Flask) -> None:
    """Each page and each deed is reached from a template, a script, a mail or a redirect."""
    known_outside = {"/healthz", "/metrics", "/robots.txt", "/.well-known/security.txt", "/sitemap.xml", "/favicon.ico"}
    orphans = [
        f"{rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if rule.rule not in known_outside
        and not rule.rule.startswith(("/api/", "/static/", "/ledger/"))  # programs read these by their standard
        and rule.endpoint not in _named()
        and not _as_pattern(re.sub(r"<path:[^>]+>", "<path>", rule.rule)).search(_addresses())
    ]
    assert orphans == []
