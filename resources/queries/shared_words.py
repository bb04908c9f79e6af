"""Which words two texts share, as a person would point at them: 钙钛矿, 封装, 薄膜 ≈ thin film."""

import re

from search_index import analysis
from search_index.clauses import Synonyms
from search_index.meanings import meanings, said_otherwise
from search_index.query import any_of

MOST, MOST_OTHERWISE = 5, 3
_SAY_LITTLE = """
需要 需求 我们 可以 进行 提供 以及 或者 相关 目前 希望 能够 具有 采用 使用 应用 要求 技术 研究 服务 问题 解决 方案
企业 公司 单位 支持 开展 合作 开发 研发 项目 产品 系统 设备 方面 一个 其中 通过 不同 已有 现有 一定 具备 有关 及其
其他 多种 各类 国内 国际 中国 小时 左右 以上 以下 两个 三个 给出
"""
_INSTITUTIONS = """
大学 学院 高校 学校 院校 研究院 研究所 院所 科学院 研究中心 技术中心 工程中心 创新中心 实验室 重点实验室 国家重点实验室
有限公司 有限责任公司 股份公司 股份有限公司 集团 科技公司 机构 协会 学会
"""
_INSTITUTIONS_IN_ENGLISH = """
university college school faculty institute institution academy laboratory lab centre center department
company corporation corp enterprise firm ltd inc gmbh llc association society
"""
_UNITS = "nm um μm mm cm km mg kg ml ma mv kv kw mw hz khz mhz ghz kpa mpa gpa rpm ppm min"
UNITS = frozenset(_UNITS.split())
GENERAL = re.compile("|".join(sorted((_SAY_LITTLE + _INSTITUTIONS).split(), key=len, reverse=True)))
GENERAL_STEMS = frozenset(analysis.expand(word)[0] for word in _INSTITUTIONS_IN_ENGLISH.split())


def shared_words(ours: str, theirs: str, *, synonyms: Synonyms) -> tuple[str, ...]:
    """What both say in the same words, and then what they say in different ones: 封装, 钙钛矿 ≈ perovskite."""
    otherwise = said_otherwise(meanings(ours, synonyms), theirs)
    pairs = [f"{_as_written(term, ours)} ≈ {other}" for term, other in otherwise.items()]
    return (*_same_words(ours, theirs), *pairs[:MOST_OTHERWISE])


def _same_words(ours: str, theirs: str) -> tuple[str, ...]:
    """The longest pieces of Han and the words of `ours` that also stand in `theirs`, those that say most first."""
    telling = {token for clause in any_of(ours).clauses for token in getattr(clause, "tokens", ())}
    their_runs = analysis.runs(theirs)
    han = "\n".join(run for run in their_runs if analysis.is_han(run))
    stems = {token for run in their_runs if not analysis.is_han(run) for token in analysis.expand(run)}
    found: dict[str, int] = {}
    for place, run in enumerate(analysis.runs(ours)):
        if analysis.is_han(run):
            for piece in _pieces(run, han):
                if any(piece[at : at + 2] in telling for at in range(len(piece) - 1)):
                    found.setdefault(piece, place)
        else:
            stem = analysis.expand(run)[0]
            says_little = len(run) == 1 or run.isdecimal() or run in UNITS or stem in GENERAL_STEMS
            if stem in telling and stem in stems and not says_little:
                found.setdefault(run, place)
    best = sorted(found, key=lambda word: (-min(len(word), 6), found[word]))
    apart = [word for word in best if not any(word != other and word in other for other in best)]
    return tuple(_as_written(word, ours) for word in apart[:MOST])


def _as_written(word: str, text: str) -> str:
    """GB/T, not gb/t."""
    place = text.lower().find(word)
    return text[place : place + len(word)] if place >= 0 else word


def _pieces(run: str, han: str) -> list[str]:
    """From left to right, the longest pieces of at least two characters that stand in `han`."""
    pieces, start = [], 0
    while start < len(run) - 1:
        end = start + 1
        while end < len(run) and run[start : end + 1] in han:
            end += 1
        if end - start > 1:
            pieces.append(run[start:end].strip("的了在和与对为及"))
            start = end
        else:
            start += 1
    return [part for piece in pieces for part in GENERAL.split(piece) if len(part) > 1]
