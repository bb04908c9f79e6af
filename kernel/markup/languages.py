"""The languages that code is coloured in: those people paste, and none whose lexer is slow on hostile text."""

from functools import cache
from html import escape

from pygments import highlight as _highlight
from pygments.formatters.html import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

LONGEST_COLOURED = 20_000
_ALIASES = {
    "c": "c", "h": "c", "c++": "cpp", "cpp": "cpp", "cc": "cpp", "hpp": "cpp", "c#": "csharp", "cs": "csharp",
    "csharp": "csharp", "objective-c": "objectivec", "objc": "objectivec", "objectivec": "objectivec",
    "java": "java", "kotlin": "kotlin", "kt": "kotlin", "scala": "scala", "groovy": "groovy", "go": "go",
    "golang": "go", "rust": "rust", "rs": "rust", "swift": "swift", "dart": "dart", "zig": "zig",
    "python": "python", "py": "python", "python3": "python", "py3": "python", "pycon": "pycon", "pytb": "pytb",
    "ruby": "ruby", "rb": "ruby", "perl": "perl", "pl": "perl", "php": "php", "lua": "lua", "r": "r",
    "julia": "julia", "jl": "julia", "matlab": "matlab", "octave": "octave", "fortran": "fortran", "f90": "fortran",
    "haskell": "haskell", "hs": "haskell", "ocaml": "ocaml", "erlang": "erlang", "elixir": "elixir",
    "clojure": "clojure", "lisp": "common-lisp", "scheme": "scheme", "prolog": "prolog",
    "javascript": "javascript", "js": "javascript", "jsx": "jsx", "typescript": "typescript", "ts": "typescript",
    "tsx": "tsx", "json": "json", "yaml": "yaml", "yml": "yaml", "toml": "toml", "ini": "ini", "xml": "xml",
    "html": "html", "css": "css", "scss": "scss", "less": "less", "graphql": "graphql", "protobuf": "protobuf",
    "bash": "bash", "sh": "bash", "shell": "bash", "zsh": "bash", "console": "console", "powershell": "powershell",
    "bat": "bat", "sql": "sql", "postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite3",
    "dockerfile": "docker", "docker": "docker", "makefile": "make", "make": "make", "cmake": "cmake",
    "nginx": "nginx", "diff": "diff", "patch": "diff", "http": "http", "tex": "latex", "latex": "latex",
    "markdown": "markdown", "md": "markdown", "verilog": "verilog", "systemverilog": "systemverilog",
    "vhdl": "vhdl", "asm": "nasm", "nasm": "nasm", "gas": "gas", "llvm": "llvm", "cuda": "cuda", "opencl": "c",
    "glsl": "glsl", "hlsl": "hlsl", "solidity": "solidity", "vb": "vbnet", "vbnet": "vbnet", "vim": "vim",
    "gcode": "gcode", "modelica": "modelica", "maple": "maple", "mathematica": "mathematica", "gnuplot": "gnuplot",
}  # fmt: skip
LANGUAGES = frozenset(_ALIASES.values())
_FORMATTER = HtmlFormatter(nowrap=True)


@cache
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def language_of(info: str) -> str | None:
    """The language that the first word after a fence names, if it is one of ours."""
    words = info.strip().strip("{}").split()
    return _ALIASES.get(words[0].strip(".,;").lower()) if words else None


def code_block(code: str, info: str = "") -> str:
    """A block of code as HTML, coloured where its language is named and known."""
    language = language_of(info)
    if language is None:
        return f"<pre><code>{escape(code, quote=False)}</code></pre>"
    if len(code) > LONGEST_COLOURED:
        return f'<pre><code class="language-{language}">{escape(code, quote=False)}</code></pre>'
    coloured = _highlight(code, _lexer(language), _FORMATTER)
    return f'<pre class="highlight"><code class="language-{language}">{coloured}</code></pre>'
