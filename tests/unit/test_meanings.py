"""What may be called otherwise is found in a text, asked for, and pointed at."""

from search_index.engine import AnyOf, Phrase, Word
from search_index.meanings import meanings, query_of, said_otherwise

SYNONYMS = {
    "钙钛矿": ("perovskite",),
    "perovskit": ("钙钛矿",),
    "薄膜": ("thin film",),
    "thin film": ("薄膜",),
    "碳化硅": ("silicon carbide", "SiC"),
    "硅": ("silicon",),
}


def test_the_longest_term_at_each_place_is_found() -> None:
    assert meanings("碳化硅衬底上的钙钛矿薄膜", SYNONYMS) == {
        "碳化硅": ("silicon carbide", "SiC"),
        "钙钛矿": ("perovskite",),
        "薄膜": ("thin film",),
    }
    assert meanings("Perovskites as a Thin Film", SYNONYMS) == {"perovskites": ("钙钛矿",), "thin film": ("薄膜",)}
    assert meanings("Rice and water", SYNONYMS) == {}


def test_the_other_names_are_asked_for_alone() -> None:
    query = query_of(meanings("钙钛矿薄膜", SYNONYMS), field_scored="title")
    assert query.match == "any"
    assert query.scored_field == "title"
    assert query.clauses == (AnyOf((Word(("perovskit",)),)), AnyOf((Phrase(("thin", "film")),)))


def test_only_what_is_said_by_another_name_alone_is_pointed_at() -> None:
    found = meanings("钙钛矿薄膜与碳化硅", SYNONYMS)
    assert said_otherwise(found, "Perovskite thin films on SiC") == {
        "钙钛矿": "perovskite",
        "薄膜": "thin film",
        "碳化硅": "SiC",
    }
    assert said_otherwise(found, "钙钛矿（perovskite）") == {}, "both say it in the same word"
    assert said_otherwise(found, "A thin layer of film") == {}, "the words stand apart"
    assert said_otherwise(meanings("perovskite", SYNONYMS), "一种钙钛矿材料") == {"perovskite": "钙钛矿"}
