"""Where well-known programs put the mail that is answered, and signatures: by what they call it in HTML."""

import re

_QUOTE_CLASSES = {
    "gmail_quote", "gmail_quote_container", "gmail_attr", "gmail_signature", "yahoo_quoted", "moz-cite-prefix",
    "moz-signature", "protonmail_quote", "zmail_extra", "ntes-mailmaster-quote", "mail_quote", "outlookmessageheader",
}  # fmt: skip
_QUOTE_IDS = {
    "isreplycontent", "ntes-pcmac-signature", "ntes-pcmail-signature", "signature", "applemailsignature",
    "ms-outlook-mobile-signature", "mail-editor-reference-message-container", "origbody", "replycontent",
}  # fmt: skip
# From here on all is the mail that is answered, whatever it stands in.
_REST_IDS = {"divrplyfwdmsg", "appendonsend", "mailoriginal", "qqmail_origin"}
_OUTLOOK_RULE = re.compile(
    r"border(?:-top)?:\s*(?:none;\s*border-top:\s*)?solid\s+#(?:e1e1e1|b5c4df)"
    r"|border-top-color:\s*rgb\(229, 229, 229\)",
    re.IGNORECASE,
)


def is_quoted_mail(tag: str, facts: dict[str, str]) -> bool:
    """Whether this element holds the mail that is answered, or a signature."""
    names = set(facts.get("class", "").lower().split())
    return (
        (tag == "blockquote" and facts.get("type", "").lower() == "cite")
        or not names.isdisjoint(_QUOTE_CLASSES)
        or facts.get("id", "").lower() in _QUOTE_IDS
    )


def begins_rest(facts: dict[str, str]) -> bool:
    """Whether all from here on is the mail that is answered, whatever it stands in."""
    return facts.get("id", "").lower() in _REST_IDS or _OUTLOOK_RULE.search(facts.get("style", "")) is not None
