"""What the README tells people to type exists, and where it points there is something."""

import re

import click
import pytest

from guildhall.cli import main
from tests.house.source import ROOT

DOCUMENTS = ["README.md", *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").glob("*.md")))]
FENCE = re.compile(r"^```(?:sh|bash|console|shell)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`((?:make|guildhall|\.ci/)[^`\n]*)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def commands(text: str) -> list[str]:
    """What is in shell blocks, line by line, and in backticks where it starts with one of our commands."""
    lines = [line.removeprefix("$ ").strip() for block in FENCE.findall(text) for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")] + INLINE.findall(text)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {
        word
        for command in commands((ROOT / document).read_text(encoding="utf-8"))
        if command.startswith("make ")
        for word in command.split("#")[0].split()[1:2]
        if re.fullmatch(r"[a-z-]+", word)
    }
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_guildhall_command_exists(document: str) -> None:
    unknown = []
    for line in commands((ROOT / document).read_text(encoding="utf-8")):
        words = line.split("#")[0].split()
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words = words[1:]
        if words and words[0].rpartition("/")[2] == "guildhall" and not _exists(words[1:]):
            unknown.append(line)
    assert unknown == []


def _exists(words: list[str]) -> bool:
    command: click.Command = main
    for word in words:
        if not isinstance(command, click.Group) or not re.fullmatch(r"[a-z][a-z-]*", word):
            break
        if word not in command.commands:
            return False
        command = command.commands[word]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return all(word.split("=")[0] in {*options, "--help", "--version"} for word in words if word.startswith("--"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_to_a_file_leads_somewhere(document: str) -> None:
    here = (ROOT / document).parent
    text = re.sub(r"```.*?```", "", (ROOT / document).read_text(encoding="utf-8"), flags=re.DOTALL)
    broken = [target for target in LINK.findall(text) if "://" not in target and not (here / target).exists()]
    assert broken == []


def test_the_readme_says_how_to_run_and_test() -> None:
    said = commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert any(line.startswith("make run") for line in said)
    assert any(line.startswith("make test") for line in said)
