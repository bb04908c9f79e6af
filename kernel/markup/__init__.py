"""Text: from what somebody wrote to HTML that cannot hurt, through one door.

`cook` turns Markdown, HTML or plain text into the HTML that is stored; `excerpt` makes one plain line of it;
`sanitise` is the wall behind both. The allow-list is data, so that the tests can hold a second sanitiser to it.
"""

from kernel.markup.cooking import RENDERER_VERSION, Cooked, Format, cook
from kernel.markup.plain import excerpt, plain_text
from kernel.markup.sanitiser import sanitise

__all__ = ["RENDERER_VERSION", "Cooked", "Format", "cook", "excerpt", "plain_text", "sanitise"]
