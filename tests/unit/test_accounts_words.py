import pytest
from stdnum.exceptions import ValidationError

from accounts.actions.profiles import clean_fields, clean_orcid
from accounts.devices import device_of
from accounts.login import best_locale
from accounts.names import HANDLE, clean_email, clean_line
from accounts.passwords import hash_password, is_outdated, is_password
from accounts.places import affiliation_kinds, region_name, regions


def test_every_region_and_kind_has_both_names() -> None:
    assert len(regions("zh_Hans")) == 34
    assert regions("zh_Hans").keys() == regions("en").keys()
    assert affiliation_kinds("zh_Hans").keys() == affiliation_kinds("en").keys()
    assert (region_name("33", "zh_Hans"), region_name("33", "en"), region_name("99", "en")) == ("浙江", "Zhejiang", "")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("林蔚", "林蔚"),
        ("  Tom\t Baker\n", "Tom Baker"),
        ("Ｔｏｍ", "Tom"),
        ("a\u202eb\u2066c\u200bd\ufeff", "abcd"),
        ("\x00\x1b[31mred", "[31mred"),
        ("\ud800", ""),
        ("Zoë", "Zoë"),
        ("ﬁne", "fine"),
    ],
)
def test_names_become_one_visible_line(text: str, line: str) -> None:
    assert clean_line(text) == line


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" Lin.Wei@Example.CN ", "lin.wei@example.cn"),
        ("lin@例子.cn", "lin@例子.cn"),
        ("lin", None),
        ("a@b.cn\r\nBcc: c@d.cn", None),
        ("a" * 250 + "@example.cn", None),
        ("", None),
    ],
)
def test_addresses_are_stored_in_one_form(text: str, address: str | None) -> None:
    assert clean_email(text) == address


@pytest.mark.parametrize("handle", ["ab", "lin-wei", "3m", "a" * 30])
def test_handles_of_the_right_shape(handle: str) -> None:
    assert HANDLE.fullmatch(handle)


@pytest.mark.parametrize("handle", ["a", "-ab", "a" * 31, "Lin", "lin_wei", "lin wei", "lín", "аdmin", "lin\n", ""])
def test_handles_of_the_wrong_shape(handle: str) -> None:
    assert not HANDLE.fullmatch(handle)


@pytest.mark.parametrize(
    "written",
    [
        "0000-0002-1694-233X",
        "000000021694233x",
        "https://orcid.org/0000-0002-1694-233X/",
        " orcid.org/0000-0002-1694-233X",
    ],
)
def test_an_orcid_is_taken_as_people_paste_it(written: str) -> None:
    assert clean_orcid(written) == "0000-0002-1694-233X"


@pytest.mark.parametrize(
    "written", ["0000-0002-1694-2331", "0000-0002-1694", "X000-0002-1694-233X", "https://evil.example/"]
)
def test_an_orcid_with_a_wrong_check_digit_is_none(written: str) -> None:
    with pytest.raises(ValidationError):
        clean_orcid(written)
    assert clean_orcid("  ") is None


def test_fields_are_kept_once_and_in_order() -> None:
    assert clean_fields([" thin  films", "", "钙钛矿", "thin films"]) == ["thin films", "钙钛矿"]


def test_a_password_is_known_only_by_its_own_hash() -> None:
    stored = hash_password("a walk along the river")
    assert is_password("a walk along the river", stored)
    assert not is_password("a walk along the River", stored)
    assert not is_password("a walk along the river", "")
    assert not is_password("nobody has this password", "")
    assert not is_password("x", "not a hash")
    assert not is_outdated(stored)


@pytest.mark.parametrize(
    ("user_agent", "guess"),
    [
        ("curl/8.5.0", "curl"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "macOS"),
    ],
)
def test_a_device_is_guessed(user_agent: str, guess: str) -> None:
    assert device_of(user_agent) == guess


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_Hans"),
        ("zh-TW", "zh_Hans"),
        ("de,zh;q=0.5", "zh_Hans"),
        ("", "zh_Hans"),
        ("en-GB,en", "en"),
        ("de", "en"),
        (";;;q=x,,", "en"),
    ],
)
def test_the_browser_says_which_language(header: str, locale: str) -> None:
    assert best_locale(header) == locale
