"""What search keeps for people: words that mean the same, what is offered while typing, saved searches, misses."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from kernel.clock import now
from kernel.db import Json, Model, PrimaryKey

_FORM = String(40, collation="C").with_variant(String(40), "sqlite")  # compared by code point on both databases


class SearchSynonym(Model):
    """Words that mean the same, in any language: whoever looks for one of them also finds the others."""

    __tablename__ = "search_synonym"

    id: Mapped[PrimaryKey]
    terms: Mapped[list[str]] = mapped_column(Json)
    changed_at: Mapped[datetime] = mapped_column(default=now, index=True)


class SearchSuggestion(Model):
    """One way in which somebody may begin to type a title: a word of it, its pinyin, its initials.

    `form` is folded, so that a prefix is a range of the index. `shelf` keeps apart what is offered apart (`name` for
    people, `title` for the rest). `audience` is the token of the document.
    """

    __tablename__ = "search_suggestion"

    id: Mapped[PrimaryKey]
    shelf: Mapped[str] = mapped_column(String(10))
    form: Mapped[str] = mapped_column(_FORM)
    audience: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(60), index=True)
    weight: Mapped[float]

    __table_args__ = (Index("ix_search_suggestion_shelf_form", "shelf", "form", "audience"),)


class SearchTitle(Model):
    """What the suggestions of one document were made of, so that a change is told from a repetition."""

    __tablename__ = "search_title"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    audience: Mapped[str] = mapped_column(String(80))
    tags: Mapped[list[str]] = mapped_column(Json)


class SearchTag(Model):
    """How many documents that one token opens bear a tag, and one of the ways to begin to type it."""

    __tablename__ = "search_tag"

    tag: Mapped[str] = mapped_column(String(60), primary_key=True)
    audience: Mapped[str] = mapped_column(String(80), primary_key=True)
    form: Mapped[str] = mapped_column(_FORM, primary_key=True)
    documents: Mapped[int]

    __table_args__ = (Index("ix_search_tag_form", "form", "audience"),)


class SavedSearch(Model):
    """A search that somebody keeps, and is told of when it finds something new.

    `address` is what stands after `/search?`. Documents up to `seen_at` are known; the job looks at those after it.
    """

    __tablename__ = "saved_search"

    id: Mapped[PrimaryKey]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(1000))
    notifies: Mapped[bool] = mapped_column(default=True)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (Index("uq_saved_search_user_id_address", "user_id", "address", unique=True),)


class SavedSearchFind(Model):
    """One time that a saved search found something new: what a notice is about."""

    __tablename__ = "saved_search_find"

    id: Mapped[PrimaryKey]
    saved_search_id: Mapped[int] = mapped_column(ForeignKey("saved_search.id", ondelete="CASCADE"), index=True)
    since: Mapped[datetime]
    count: Mapped[int]
    at: Mapped[datetime] = mapped_column(default=now)


class SearchMiss(Model):
    """How often a query found nothing on one day (UTC); who asked is not kept."""

    __tablename__ = "search_miss"

    day: Mapped[date] = mapped_column(primary_key=True)
    query: Mapped[str] = mapped_column(String(120), primary_key=True)
    count: Mapped[int] = mapped_column(default=1)
