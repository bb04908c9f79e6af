"""Places and sectors as data: complete, in both languages, and found again under what people write."""

import tomllib
from pathlib import Path

import pytest

from accounts import cities, places, sectors

CLASSIFICATION = Path(__file__).parents[2] / "forum" / "data" / "sei2018.toml"


def test_sectors_are_the_sector_communities_of_the_forum() -> None:
    entries = tomllib.loads(CLASSIFICATION.read_text(encoding="utf-8"))["sector"]
    assert sectors.sectors("zh_Hans") == {entry["slug"]: entry["name"]["zh"] for entry in entries}
    assert sectors.sectors("en") == {entry["slug"]: entry["name"]["en"] for entry in entries}
    assert sectors.is_sector("materials")
    assert not sectors.is_sector("alchemy")


def test_every_city_lies_in_a_province_and_has_both_names() -> None:
    chinese, english = cities.cities("zh_Hans"), cities.cities("en")
    assert chinese.keys() == english.keys()
    assert len(chinese) == 333
    assert {code[:2] for code in chinese} <= places.regions("en").keys()
    assert all(len(code) == 4 and name for code, name in [*chinese.items(), *english.items()])


def test_places_are_named_by_province_and_by_city() -> None:
    assert places.region_name("33", "zh_Hans") == "浙江"
    assert places.region_name("3302", "en") == "Ningbo"
    assert places.region_name("9999", "en") == ""
    assert places.place_name("3304", "zh_Hans") == "浙江嘉兴"
    assert places.place_name("3304", "en") == "Jiaxing, Zhejiang"
    assert places.place_name("50", "zh_Hans") == "重庆"
    assert places.place_name("", "en") == ""
    assert list(cities.cities_of("11", "en")) == []
    assert cities.cities_of("33", "zh_Hans")["3301"] == "杭州"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("33", "33"),
        ("3301", "3301"),
        ("330100", "3301"),
        ("330106", "3301"),
        ("110105", "11"),
        ("杭州", "3301"),
        ("浙江省杭州市", "3301"),
        ("浙江 · 宁波", "3302"),
        ("Wenzhou, Zhejiang", "3303"),
        ("zhejiang province", "33"),
        ("新疆维吾尔自治区", "65"),
        ("延边朝鲜族自治州", "2224"),
        ("Suzhou, Anhui", "3413"),
        ("Suzhou", ""),
        ("重庆市", "50"),
        ("Atlantis", ""),
        ("99", ""),
        ("", ""),
    ],
)
def test_a_place_is_known_by_what_people_write(text: str, code: str) -> None:
    assert places.region_code(text) == code
