"""What a mail server means by the words with which it refuses a mail."""

import re

STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)")  # RFC 3463, and no part of a number of a network
_NO_SUCH_ADDRESS = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"}
_NOBODY = re.compile(
    r"(?:no such|unknown|invalid|illegal) (?:\w+ ){0,2}(?:user|userid|recipient|address|account|mailbox|domain|host)\b"
    r"|(?:user|recipient|addressee|address|account|mailbox|domain)(?: name)?(?: is| was)?"
    r" (?:unknown|invalid|not (?:found|known|recognized|valid))"
    r"|does(?: not|n't) (?:exist|have an? \S{1,100} account)|no mailbox (?:here )?by that name"
    r"|account (?:has been|is|was) (?:disabled|closed|deactivated|deleted|discontinued)"
    r"|not a valid (?:user|recipient|address|mailbox)|not listed in|no longer (?:valid|exists|active|in use)"
    r"|(?:用户|收件人|邮箱|信箱|帐号|账号|帐户|账户|地址|使用者|收件者)名?(?:[（(<].{0,100}[>)）])?(?:不存在|未找到|无效|無效|已注销|已停用)"
    r"|查无此人|(?:没有|無|无)(?:此|该|這個|这个)(?:用户|邮箱|帐号|账号|使用者|收件人)",
    re.IGNORECASE,
)
_PASSES = re.compile(
    rf"^\s*4\d\d\b|{STATUS.pattern.replace('[45]', '4')}|temporar|again later|try again|quota|\bfull\b", re.IGNORECASE
)


def says_no_such_address(words: str) -> bool:
    """Whether these words say that nobody reads mail there, and that it will stay so.

    A status that says what is wrong is believed before anything in words; one that ends in 0 does not say it.
    """
    told = [status for status in STATUS.findall(words) if not status.endswith(".0")]
    if told:
        return not _NO_SUCH_ADDRESS.isdisjoint(told)
    return _NOBODY.search(words) is not None and _PASSES.search(words) is None
