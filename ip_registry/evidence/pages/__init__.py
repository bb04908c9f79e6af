"""verify.html: one file that lies beside the evidence and checks it offline, made of the scripts that the site uses."""

import base64
import json
import re
import tomllib
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
STATIC = HERE.parents[2] / "static"
SCRIPTS = STATIC / "js" / "registry"
IMPORT = re.compile(r'^import \{ ([^}]+) \} from "\./(\w+)\.js";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
VENDORED = re.compile(r'import\("\.\./\.\./vendor/([\w.-]+)"\)')


@cache
def verify_page() -> bytes:
    """The page, always the same bytes for the same sources."""
    words = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))["words"]
    page = (HERE / "verify.html").read_text(encoding="utf-8")
    parts = {
        "/*WORDS*/": json.dumps(words, ensure_ascii=False, separators=(",", ":")),
        "/*WORKER*/": bundled(SCRIPTS / "hashing_worker.js"),
        "/*SCRIPT*/": bundled(HERE / "verify.js"),
    }
    for mark, content in parts.items():
        page = page.replace(mark, content.replace("</script", "<\\/script"))
    return page.encode()


def bundled(main: Path) -> str:
    """A module and all that it imports as one script: each module is a function that returns what it exports."""
    done: dict[str, str] = {}
    body = _without_imports(main, done)
    return "".join(done.values()) + body


def _without_imports(path: Path, done: dict[str, str]) -> str:
    """The text of a module in which imports take from the functions that stand before it."""
    text = path.read_text(encoding="utf-8")
    for _names, name in IMPORT.findall(text):
        if name not in done:
            inner = _without_imports(SCRIPTS / f"{name}.js", done)
            exported = ", ".join(EXPORT.findall(inner))
            done[name] = f"const ${name} = (() => {{\n{EXPORT.sub('', inner)}return {{ {exported} }};\n}})();\n"
    text = IMPORT.sub(lambda match: f"const {{ {match[1].replace(' as ', ': ')} }} = ${match[2]};\n", text)
    return VENDORED.sub(lambda match: f'import("{_as_data(STATIC / "vendor" / match[1])}")', text)


def _as_data(script: Path) -> str:
    return f"data:text/javascript;base64,{base64.b64encode(script.read_bytes()).decode()}"
