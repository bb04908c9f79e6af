"""Taking all of one's own along, bringing it from elsewhere, and going for good; and what accounts add to that."""

from accounts.personal import coming, going, keeping, kept, owning, pages, working

__all__ = ["coming", "going", "keeping", "kept", "owning", "pages", "working"]
