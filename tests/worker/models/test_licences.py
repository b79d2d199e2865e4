"""What licences allow, as read from their names and the catalog; and that commercial use is gated by it."""

from __future__ import annotations

import pytest

from bridge.errors import LicenceError
from bridge.request import LicenceDemand
from worker.models.catalog import catalog, terms_for
from worker.models.licences import Commercial, check_licence, terms_of


@pytest.mark.parametrize(
    ("licence", "commercial"),
    [
        ("Apache-2.0", Commercial.ALLOWED),
        ("apache-2.0", Commercial.ALLOWED),
        ("mit", Commercial.ALLOWED),
        ("CC-BY-4.0", Commercial.ALLOWED),
        ("CC-BY-SA-3.0", Commercial.ALLOWED),
        ("DINOv3", Commercial.ALLOWED),
        ("dinov3-license", Commercial.ALLOWED),
        ("CC-BY-NC-4.0", Commercial.FORBIDDEN),
        ("cc-by-nc-sa-4.0", Commercial.FORBIDDEN),
        ("cc-by-nc-nd-4.0", Commercial.FORBIDDEN),
        ("CC-BY-ND-4.0", Commercial.UNCLEAR),
        ("other", Commercial.UNCLEAR),
        ("unknown", Commercial.UNCLEAR),
        ("", Commercial.UNCLEAR),
        ("mit-but-not-for-you", Commercial.UNCLEAR),
    ],
)
def test_licences_by_their_names(licence: str, commercial: Commercial) -> None:
    assert terms_of(licence).commercial is commercial


def test_an_allowed_model_has_no_notice() -> None:
    assert check_licence("eomt-large-640", catalog()["eomt-large-640"].terms, LicenceDemand.COMMERCIAL) == ()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mask2former-swin-large", r"\(CC-BY-NC-4\.0\) forbids commercial use"),
        ("videomt-vipseg-large", r"\(MIT\) may not allow commercial use: VIPSeg is released for non-commercial"),
        ("panoptic-deeplab-cityscapes", r"\(unknown\) may not allow commercial use"),
    ],
)
def test_others_are_said_and_refused_for_commercial_use(name: str, said: str) -> None:
    terms = catalog()[name].terms
    (notice,) = check_licence(name, terms, LicenceDemand.ANY)
    with pytest.raises(LicenceError, match=f"the licence of model '{name}' {said}.*choose another model"):
        check_licence(name, terms, LicenceDemand.COMMERCIAL)
    assert name in notice


def test_a_licence_of_ones_own_that_nobody_knows_is_not_known_to_allow_anything() -> None:
    with pytest.raises(LicenceError, match="may not allow"):
        check_licence("mine", terms_for("mine", "unknown"), LicenceDemand.COMMERCIAL)


def test_the_words_for_headers() -> None:
    assert terms_of("MIT").words == "commercial use allowed"
    assert terms_of("CC-BY-SA-3.0").words.startswith("commercial use allowed; name the authors")
    assert catalog()["mask2former-swin-tiny"].terms.words == "commercial use forbidden"
    assert terms_for("oneformer-swin-large-cityscapes", "MIT").words.startswith(
        "commercial use unclear; Cityscapes"
    )
