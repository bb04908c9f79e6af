"""The parts of a score, the words that two texts share, and how a refusal lowers what resembles it."""

import pytest
from flask import Flask

from resources.need_words import names, serves
from resources.quality import ENOUGH, quality_of
from resources.queries.fitting import WEIGHTS, Traits, fit, with_reasons
from resources.queries.shared_words import shared_words
from resources.vocabulary import KINDS

NEED = Traits(kind="testing", sectors=("materials",), region="3301", trl=6, owner_id=1)
LISTING = Traits(kind="service", service_kind="testing", sectors=("materials", "bio"), region="3301", trl=6, owner_id=2)


@pytest.fixture(scope="module")
def speaking() -> Flask:
    from flask_babel import Babel

    application = Flask(__name__)
    Babel(application, default_locale="en")
    return application


def parts(need: Traits, other: Traits, **given: object) -> dict[str, float]:
    given = {"title_score": 0.0, "text_score": 0.0, **given}
    return {part.name: round(part.value, 2) for part in fit(need, other, **given).parts}


def test_what_fits_in_everything_counts_fully(speaking: Flask) -> None:
    with speaking.app_context():
        found = fit(NEED, LISTING, title_score=1e9, text_score=1e9)
        found = with_reasons(found, NEED, LISTING, words=("film",), kind_name="Testing", locale="en")
    assert found.score == pytest.approx(1.0)
    assert found.percent == 100
    assert found.reasons == [
        "The right kind: Testing",
        "Same sector: New materials",
        "Words: film",
        "Same city: Hangzhou, Zhejiang",
        "As mature as wanted: TRL 6",
    ]


def test_the_weights_are_those_of_a_whole() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


def test_each_part_is_between_nothing_and_all(speaking: Flask) -> None:
    with speaking.app_context():
        far = Traits(kind="literature", sectors=("agri",), region="11", trl=1)
        assert parts(NEED, far, title_score=6.0, text_score=9.0) == {
            "title": 0.5, "text": 0.5, "sector": 0.0, "kind": 0.0, "place": 0.0, "trl": 0.0,
        }  # fmt: skip
        near = Traits(kind="instrument", sectors=("materials",), region="3302", trl=5)
        assert parts(NEED, near)["place"] == 0.7
        assert parts(NEED, near)["trl"] == 0.75
        assert parts(NEED, near)["kind"] == 0.8


def test_what_is_not_said_does_not_count(speaking: Flask) -> None:
    with speaking.app_context():
        silent = Traits(kind="testing")
        assert set(parts(silent, LISTING)) == {"title", "text", "kind"}
        assert set(parts(NEED, Traits(kind="service", service_kind="testing"))) == {"title", "text", "kind"}


@pytest.mark.parametrize(
    ("reason", "similar", "other"),
    [
        ("sector", LISTING, Traits(kind="service", sectors=("agri",))),
        ("far", Traits(kind="team", region="3302"), Traits(kind="team", region="11")),
        ("price", Traits(kind="service", price_cents=900), Traits(kind="service", price_cents=100)),
        ("unavailable", Traits(kind="team", owner_id=2), Traits(kind="team", owner_id=3)),
        ("known", Traits(kind="team", owner_id=2), Traits(kind="team", owner_id=3)),
    ],
)
def test_a_refusal_lowers_what_resembles_it(speaking: Flask, reason: str, similar: Traits, other: Traits) -> None:
    refused = Traits(
        kind="service", service_kind="testing", sectors=("materials",), region="3301", owner_id=2, price_cents=500
    )
    with speaking.app_context():
        scores = {"title_score": 5.0, "text_score": 5.0, "refused": [(reason, refused)]}
        assert fit(NEED, similar, **scores).factor < 1
        assert fit(NEED, other, **scores).factor == 1
        assert fit(NEED, similar, **{**scores, "refused": [("other", refused)]}).factor == 1


def test_whose_an_anonymous_need_is_lowers_nothing(speaking: Flask) -> None:
    unknown = Traits(kind="testing", owner_id=0)
    with speaking.app_context():
        found = fit(unknown, LISTING, title_score=1, text_score=1, refused=[("known", unknown)], from_listing=True)
    assert found.factor == 1


@pytest.mark.parametrize(
    ("ours", "theirs", "words"),
    [
        ("钙钛矿组件封装膜的水汽阻隔", "水汽阻隔膜，用于钙钛矿封装", ("水汽阻隔", "钙钛矿", "封装")),
        ("鈣鈦礦穩定性", "钙钛矿器件的稳定性", ("钙钛矿", "稳定性")),
        ("Water vapour barrier for perovskites", "Perovskite barriers", ("barrier", "perovskites")),
        ("按 GB/T 228.1 做拉伸", "依据 GB/T 228.1 的试验", ("GB/T 228.1",)),
        ("需要技术服务", "提供技术服务", ()),
        ("", "anything", ()),
        (
            "A university laboratory for perovskites",
            "Institute and laboratories of a University: perovskite",
            ("perovskites",),
        ),
        ("大学重点实验室研究院：钙钛矿", "某大学的重点实验室与研究院，做钙钛矿", ("钙钛矿",)),
        ("有限公司给出疲劳报告", "检测集团有限公司给出疲劳报告", ("疲劳报告",)),
        ("132 kV cable, 220 mm, XPS", "XPS on samples to 30 mm, 10 kV", ("XPS",)),
    ],
)
def test_shared_words_are_those_one_would_point_at(ours: str, theirs: str, words: tuple[str, ...]) -> None:
    assert shared_words(ours, theirs, synonyms={}) == words


def test_every_kind_of_need_is_served_by_kinds_that_exist() -> None:
    for need_kind in names("kind", "en"):
        served = [kind for kind in KINDS if serves(need_kind, kind, "") > 0]
        assert served or need_kind == "funding"
        assert all(0 <= serves(need_kind, kind, "testing") <= 1 for kind in KINDS)


def test_the_meter_sums_to_a_hundred(speaking: Flask) -> None:
    with speaking.app_context():
        nothing = quality_of({})
        assert nothing.score == 0
        assert sum(part.weight for part in nothing.parts) == 100
        assert [part.weight for part in nothing.missing] == sorted((p.weight for p in nothing.parts), reverse=True)
        assert not nothing.is_enough
        said = {
            "title": "钙钛矿封装膜", "teaser": "我们为柔性组件寻找水汽透过率很低的封装膜，卷对卷加工。",
            "sectors": ["materials"], "targets": [{"quantity": "WVTR"}],
        }  # fmt: skip
        assert quality_of(said).score == ENOUGH
