"""A need, and what fits it: words that find each other."""

from accounts.models import User
from forum.models import Board, Thread
from forum.models.thread import ThreadKind
from resources.models import Listing
from tests.makers import forum
from tests.makers import needs as make

TITLE = "钙钛矿组件封装的水汽透过率测试"
TEASER = "需要按标准测试钙钛矿组件封装膜的水汽透过率，样品十片。"


def wvtr(**given: object) -> Listing:
    """A published service that fits, in Hangzhou."""
    usual = {
        "title": "水汽透过率（WVTR）测试服务",
        "summary": "电量法测试薄膜与封装件的水汽透过率，钙钛矿组件经验丰富。",
        "lang": "zh-Hans",
        "region": "33",
        "city": "3301",
    }
    return make.listing(**{**usual, **given})


def achievement(
    *,
    author: User | None = None,
    board: Board | None = None,
    kind: ThreadKind = ThreadKind.ACHIEVEMENT,
    title: str = "水汽透过率低于 1e-4 的封装膜",
    body: str = "多层阻隔膜，用于钙钛矿组件封装，已测试两千小时。",
) -> Thread:
    """An achievement that fits, among the materials."""
    return forum.thread(author=author, board=board, kind=kind, title=title, body=body)
