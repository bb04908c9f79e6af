"""What is pushed, against the example of RFC 8291."""

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from activity.push.sealing import CURVE, Browser, sealed, unpadded

BROWSER = Browser(
    "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "BTBZMqHH6r4Tts7J_aSIgg",
)
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RECEIVER = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
MESSAGE = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
    "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
WORDS = b"When I grow up, I want to be a watermelon"


def private(number: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unpadded(number), "big"), CURVE)


def test_a_message_is_sealed_as_in_the_example_of_the_standard() -> None:
    assert sealed(WORDS, BROWSER, key=private(SENDER), salt=unpadded(SALT)) == unpadded(MESSAGE)


def test_only_the_browser_opens_it_and_never_twice_the_same() -> None:
    first, second = sealed(WORDS, BROWSER), sealed(WORDS, BROWSER)
    assert first != second
    assert http_ece.decrypt(first, private_key=private(RECEIVER), auth_secret=unpadded(BROWSER.auth)) == WORDS


def test_keys_that_are_none_are_told_from_keys() -> None:
    assert BROWSER.is_sound
    for p256dh, auth in (("", BROWSER.auth), (BROWSER.p256dh[:-4] + "AAAA", BROWSER.auth), (BROWSER.p256dh, "AAAA")):
        assert not Browser(BROWSER.endpoint, p256dh, auth).is_sound
