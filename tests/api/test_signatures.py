"""Does a webhook count only with a live secret's signature, on this body, within five minutes?"""

import time

import pytest

from app.signatures import TOLERANCE_S, BadSignature, is_secret, new_secret, sign, verify

BODY = b'{"events":[]}'


def test_what_one_side_signs_the_other_side_accepts():
    secret = new_secret()

    headers = sign([secret], "m-1", time.time(), BODY)

    assert verify([secret], headers, BODY) == "m-1"


def test_either_of_two_live_secrets_is_enough_on_both_sides():
    """So a secret is rotated without losing a delivery."""
    old, new = new_secret(), new_secret()

    assert verify([old, new], sign([old], "m", time.time(), BODY), BODY) == "m"
    assert verify([old, new], sign([new], "m", time.time(), BODY), BODY) == "m"
    assert verify([new], sign([old, new], "m", time.time(), BODY), BODY) == "m"


def test_a_third_secret_is_not_live():
    first, second, third = new_secret(), new_secret(), new_secret()

    with pytest.raises(BadSignature):
        verify([first, second, third], sign([third], "m", time.time(), BODY), BODY)


def test_another_body_id_or_secret_is_refused():
    secret = new_secret()
    headers = sign([secret], "m", time.time(), BODY)

    with pytest.raises(BadSignature):
        verify([secret], headers, BODY + b" ")
    with pytest.raises(BadSignature):
        verify([secret], {**headers, "webhook-id": "n"}, BODY)
    with pytest.raises(BadSignature):
        verify([new_secret()], headers, BODY)


def test_a_timestamp_more_than_five_minutes_off_is_refused():
    secret, slack_s = new_secret(), 30

    for off_s in (-TOLERANCE_S - slack_s, TOLERANCE_S + slack_s):
        with pytest.raises(BadSignature):
            verify([secret], sign([secret], "m", time.time() + off_s, BODY), BODY)
    for off_s in (-TOLERANCE_S + slack_s, TOLERANCE_S - slack_s):
        assert verify([secret], sign([secret], "m", time.time() + off_s, BODY), BODY) == "m"


@pytest.mark.parametrize(
    "broken",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v1,%%%"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,é"},
        {"webhook-signature": " ".join(["v1,AAAA"] * 1000)},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-id": ""},
    ],
)
def test_malformed_headers_are_refused_and_never_break_anything(broken):
    secret = new_secret()
    headers = sign([secret], "m", time.time(), BODY) | broken

    with pytest.raises(BadSignature):
        verify([secret], headers, BODY)


def test_a_body_that_is_not_text_is_refused():
    secret = new_secret()

    with pytest.raises(BadSignature):
        verify([secret], sign([secret], "m", time.time(), BODY), b"\xff\xfe")


def test_a_secret_is_whsec_and_enough_bytes():
    assert is_secret(new_secret())
    assert not is_secret("whsec_AAAA")
    assert not is_secret("whsec_%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%")
    assert not is_secret(new_secret().removeprefix("whsec_"))
