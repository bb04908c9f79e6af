"""What somebody wrote themselves, without the mail that they answer and without their signature.

Line by line, and never over the same line twice, so that nobody can write a mail that takes long to read.
"""

import re
from itertools import groupby, takewhile

_ORIGINAL = re.compile(
    r"[>\s]*-{2,}\s*(?:original message|forwarded message|original|原始邮件|原邮件|回复的原邮件|回复的邮件"
    r"|转发邮件|转发的邮件|转发邮件信息|邮件原件|原始郵件)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_FIELD = re.compile(
    r"[>\s*]*(?:from|sent|date|to|cc|subject|发件人|发送时间|发送日期|日期|收件人|抄送人?|主题|寄件者|寄件日期|收件者|主旨|時間|时间)"
    r"\s*\**\s*[:：]",
    re.IGNORECASE,
)
_FROM = re.compile(r"[>\s*]*(?:from|发件人|寄件者)\s*\**\s*[:：]", re.IGNORECASE)
_WROTE = re.compile(r"(?:wrote|写道|寫道|写到)\s*[:：]\s*$", re.IGNORECASE)
_BEGINS_ATTRIBUTION = re.compile(
    r"\s*(?:on\b|at\b|在|于|於).{0,60}\d|\s*\d{4}\s*[-年/.]|.{0,120}<[^<>\s]{0,100}(?:@|$)", re.IGNORECASE
)
_DATED = re.compile(r"\d{1,2}:\d\d\b|\b(?:19|20)\d\d\b")
_DEVICES = (
    r"iPhone|iPad|Mac|Android|安卓|华为|小米|荣耀|OPPO|vivo|三星|魅族|手机|平板|网易|QQ|微信|Outlook|Windows|Foxmail|Yahoo|HUAWEI"
    r"|Xiaomi|HONOR|Spark|Samsung|Galaxy|Proton|Thunderbird"
)
_PHONE = re.compile(
    rf"\s*(?:sent (?:from|via) (?:my |mail for |the )?(?:{_DEVICES}|mobile|phone|tablet)\b.{{0,80}}$"
    rf"|get outlook for .{{1,60}}$|(?:下载|获取) ?(?:适用于 ?)?.{{0,12}}Outlook.{{0,60}}$"
    rf"|(?:发自|來自|来自) ?(?:我的 ?)?(?:{_DEVICES}).{{0,40}}$|发自我的.{{1,20}}$"
    rf"|从 ?.{{1,30}}发送\s*$|该邮件从移动设备发送\s*$)",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"\s*[_\-—=*]{5,}\s*$")
_ADDRESS_ALONE = re.compile(r"\s*<?[\w.+-]+@[\w.-]+>?\s*$")
_DISCLAIMER = re.compile(
    r"\b(?:in )?this (?:e-?mail|message|communication|transmission)\b.{0,200}"
    r"(?:confidential|privileged|intended (?:solely|only) for)|本(?:邮件|郵件|电子邮件).{0,60}(?:保密|机密|機密)",
    re.IGNORECASE,
)
_CARD = re.compile(r"\s*\|[\s|]*$")
FIELDS_NEAR = 6  # lines after a `From:` among which another field makes them the head of a mail
ATTRIBUTION_LINES = 3
DISCLAIMER_NEAR = 4  # lines after a drawn line in which a notice that nobody typed shows what it is
LONGEST_NOTICE = 2_000  # characters of such a line that are looked at
PHONE_LINES = 8  # a phone's line stands within so many lines of the end


def own_words(text: str) -> str:
    """The text without quoted mail, its introduction, and signatures; Markdown in it stays as it is."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ").replace("\u200b", "").split("\n")
    lines = _without_signature(_without_quotes(_before_original(lines)))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in lines)).strip("\n")


def _before_original(lines: list[str]) -> list[str]:
    """What stands above a mail that was put beneath it unquoted."""
    for at, line in enumerate(lines):
        if _ORIGINAL.match(line):
            return lines[:at]
        if _FROM.match(line) and any(map(_FIELD.match, lines[at + 1 : at + FIELDS_NEAR])):
            return lines[: at - sum(1 for _field in takewhile(_FIELD.match, reversed(lines[:at])))]
    return lines


def _without_quotes(lines: list[str]) -> list[str]:
    """No quotes, but those between words of the writer's own, who answers them one by one."""
    blocks = [(is_quote, list(block)) for is_quote, block in groupby(_mark(lines), key=lambda marked: marked[0])]
    own = [index for index, (is_quote, block) in enumerate(blocks) if not is_quote and _says_something(block)]
    kept: list[str] = []
    for index, (is_quote, block) in enumerate(blocks):
        if not is_quote:
            kept += [line for _mark, line in block]
        elif len(own) > 1 and own[0] < index < own[-1]:
            kept += ["", *(line for _mark, line in block if not _WROTE.search(line)), ""]
    return kept


def _mark(lines: list[str]) -> list[tuple[bool, str]]:
    """Each line, and whether it is quoted or introduces a quote; after an introduction without marks, all is."""
    marked: list[tuple[bool, str]] = []
    at = 0
    while at < len(lines):
        length = _attribution(lines, at)
        if length:
            rest = lines[at + length :]
            if not any(line.lstrip().startswith(">") for line in rest):
                return marked + [(True, line) for line in lines[at:]]
            marked += [(True, line) for line in lines[at : at + length]]
            at += length
            while at < len(lines) and not lines[at].strip():
                marked.append((True, lines[at]))
                at += 1
            continue
        marked.append((lines[at].lstrip().startswith(">"), lines[at]))
        at += 1
    return marked


def _attribution(lines: list[str], at: int) -> int:
    """How many lines from here say who wrote what follows: “On …, somebody wrote:”, which programs fold at will.

    In whatever language: a date and an address before a colon, right above a quote, say so as well.
    """
    begins, is_dated = _BEGINS_ATTRIBUTION.match(lines[at]), _DATED.search(lines[at])
    if not begins and not is_dated:
        return 0
    for length in range(1, ATTRIBUTION_LINES + 1):
        if at + length > len(lines) or not (last := lines[at + length - 1]).strip():
            return 0
        if begins and _WROTE.search(last):
            return length
        if is_dated and length > 1 and _DATED.search(last):
            return 0
        if is_dated and last.rstrip().endswith((":", "：")) and "@" in "".join(lines[at : at + length]):
            return length if _is_quote_next(lines, at + length) else 0
    return 0


def _is_quote_next(lines: list[str], at: int) -> bool:
    following = next((line for line in lines[at : at + 2] if line.strip()), "")
    return following.lstrip().startswith(">")


def _says_something(block: list[tuple[bool, str]]) -> bool:
    return bool("\n".join(_without_signature([line for _mark, line in block])).strip())


def _without_signature(lines: list[str]) -> list[str]:
    """Up to the signature's mark, and without what programs add of their own at the end."""
    for at, line in enumerate(lines):
        if line in {"-- ", "--"} or _CARD.match(line) or _begins_disclaimer(lines, at):
            lines = lines[:at]
            break
    end = max(len(lines) - PHONE_LINES, 0)
    for at in range(end, len(lines)):
        if _PHONE.match(lines[at]):
            lines = lines[:at]
            break
    end = len(lines)
    while end and (_is_rule(lines[end - 1]) or (_ADDRESS_ALONE.match(lines[end - 1]) and _is_rule(lines[end - 2]))):
        end -= 1
    return lines[: end or len(lines)]


def _is_rule(line: str) -> bool:
    """A line that says nothing: empty, or drawn from one side to the other."""
    return not line.strip() or _SEPARATOR.match(line) is not None


def _begins_disclaimer(lines: list[str], at: int) -> bool:
    """Whether a lawyer speaks below this line."""
    if _SEPARATOR.match(lines[at]) is None:
        return False
    near = " ".join(line[:LONGEST_NOTICE] for line in lines[at + 1 : at + DISCLAIMER_NEAR])
    return _DISCLAIMER.search(near) is not None
