"""Rules of the house that one can read off the code."""

import ast
import re

from tests.house.source import ROOT, VENDORED, calls, tracked, trees

CLOCKS = re.compile(
    r"(^|\.)(datetime\.(now|utcnow|today|utcfromtimestamp)|date\.today|time\.(time|time_ns|localtime|gmtime|ctime))$"
)
TRANSLATORS = {"_", "gettext", "ngettext", "lazy_gettext", "pgettext", "lazy_ngettext", "npgettext"}
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:w[o]rk|f[a]rm|r[o]ot|h[o]me|U[s]ers)/[\w.-]+")
REGISTRY = re.compile(r"(?:--(?:extra-)?index-url|--find-links|trusted-host|registry[=:])\s*\S*:/{2}", re.IGNORECASE)
NO_TEXT = {".woff2", ".otf", ".ttf", ".png", ".webp", ".jpg", ".gif", ".pdf", ".ico", ".zip", ".gz"}


COMMITTERS = {
    "kernel/work.py",
    "search_index/engines/tantivy.py",  # an index of files, which no unit of work knows
}


def test_only_the_unit_of_work_commits() -> None:
    found = [
        f"{name}:{line} {called}"
        for name, line, called, _call in calls()
        if called.endswith(".commit") and name not in COMMITTERS
    ]
    assert found == []


def test_nobody_reads_another_clock() -> None:
    found = [
        f"{name}:{line} {called}"
        for name, line, called, _call in calls()
        if CLOCKS.search(called) and name != "kernel/clock.py"
    ]
    found += [
        f"{name}:{node.lineno} from time import time"
        for name, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and node.module == "time"
        and {"time", "time_ns"} & {a.name for a in node.names}
    ]
    assert found == []


def test_the_database_tells_no_time_either() -> None:
    found = [f"{name}:{line}" for name, line, called, _call in calls() if called in ("func.now", "sa.func.now")]
    assert found == []


def _stands_in_the_source(argument: ast.expr) -> bool:
    """A literal; or the sentence of a refusal, which was marked where it was written."""
    is_marked = isinstance(argument, ast.Attribute) and argument.attr == "sentence"
    return is_marked or (isinstance(argument, ast.Constant) and isinstance(argument.value, str))


def test_sentences_are_translated_as_they_stand() -> None:
    """An f-string, a sum or a variable never reaches the catalogue."""
    found = [
        f"{name}:{line}"
        for name, line, called, call in calls()
        if called.rpartition(".")[2] in TRANSLATORS
        and name != "kernel/words.py"
        and not all(map(_stands_in_the_source, call.args[: 2 if "ngettext" in called else 1]))
    ]
    assert found == []


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    found = []
    for name in tracked():
        if name.startswith((*VENDORED, "tests/vectors/")) or any(name.endswith(end) for end in NO_TEXT):
            continue
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1):
            if MACHINE_PATH.search(line) or REGISTRY.search(line):
                found.append(f"{name}:{number} {line.strip()[:100]}")
    assert found == []


def test_every_dependency_is_locked_with_its_hash() -> None:
    for name in ("requirements/run.txt", "requirements/dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        unlocked = [
            line
            for line in text.splitlines()
            if line and not line.startswith("#") and not ("==" in line and "--hash=" in line)
        ]
        assert unlocked == [], name


def test_what_the_project_needs_is_in_the_lock() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for file, wanted in (
        ("run", project["dependencies"]),
        ("dev", project["dependencies"] + project["optional-dependencies"]["dev"]),
    ):
        text = (ROOT / f"requirements/{file}.txt").read_text(encoding="utf-8")
        locked = {match.lower() for match in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", text, re.MULTILINE)}
        names = {re.split(r"[\[><=;~! ]", line)[0].lower() for line in wanted}
        assert names <= locked, file
