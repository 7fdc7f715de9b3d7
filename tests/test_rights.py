"""Licences: what names them, what overrides them, what they allow, what may become of two."""

from itertools import product

import pytest

from met.credits import credit_of, figure_licence
from met.rights import allows, licence_of_prose, licence_of_url, made_licence

ALL = (
    "CC0-1.0",
    "public-domain",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-NC-ND-4.0",
    "TDM",
    "unknown",
)


@pytest.mark.parametrize(
    ("url", "licence"),
    [
        ("http://creativecommons.org/licenses/by/4.0", "CC-BY-4.0"),
        ("https://creativecommons.org/licenses/by/4.0/legalcode", "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-nc-sa/2.5/", "CC-BY-NC-SA-2.5"),
        ("http://creativecommons.org/licenses/by-nd-nc/1.0/", "CC-BY-NC-ND-1.0"),
        ("http://creativecommons.org/licenses/by/3.0/us/", "CC-BY-3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "public-domain"),
        ("https://www.elsevier.com/tdm/userlicense/1.0/", "TDM"),
        ("http://doi.wiley.com/10.1002/tdm_license_1.1", "TDM"),
        ("http://creativecommons.org/licenses/by/", "unknown"),
        ("http://creativecommons.org/licenses/sampling/1.0/", "unknown"),
        ("https://example.org/", "unknown"),
        ("", "unknown"),
    ],
)
def test_licence_of_url(url: str, licence: str) -> None:
    assert licence_of_url(url) == licence


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("distributed under the Creative Commons Attribution (CC BY) 3.0 License", "CC-BY-3.0"),
        ("Creative Commons Attribution License 4.0 (CCBY), which permits", "CC-BY-4.0"),
        ("under a CC BY-NC-ND 4.0 licence", "CC-BY-NC-ND-4.0"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 3.0 Unported", "CC-BY-NC-SA-3.0"),
        ("made available under CC0", "CC0-1.0"),
        ("the text is CC BY 4.0, the data are CC0", "unknown"),
        ("Creative Commons Attribution License, which permits unrestricted use", "unknown"),
        ("All rights reserved. Version 4.0", "unknown"),
    ],
)
def test_licence_of_prose_needs_name_and_version(text: str, licence: str) -> None:
    assert licence_of_prose(text) == licence


@pytest.mark.parametrize(
    ("caption", "licence"),
    [
        ("A tick. (credit: modification of work by USDA)", "CC-BY-4.0"),
        ("A lung. Reprinted with permission from Smith et al. 2004.", "unknown"),
        ("A lung. Reproduced from [12].", "unknown"),
        ("Muscle. (Micrographs provided by the Regents of a University © 2012)", "unknown"),
        ("Muscle. Copyright 2012 by somebody.", "unknown"),
        ("Photograph shown with permission of the patient.", "CC-BY-4.0"),
        ("A lung. Reprinted from Smith 2004 under CC BY-NC 3.0.", "CC-BY-NC-3.0"),
        ("A redrawn scheme, adapted from Wang et al. [28].", "unknown"),
        ("A lung. Courtesy of A. Person.", "unknown"),
        ("A LUNG. REPRINTED WITH PERMISSION FROM B.", "unknown"),
        ("A lung. Permission was obtained from the publisher.", "unknown"),
        ("A lung. Permission was obtained from the parents of the patient.", "CC-BY-4.0"),
        ("A lung (© B, http://creativecommons.org/licenses/by-sa/3.0/).", "CC-BY-SA-3.0"),
        ("A lung (source: B; Creative Commons Attribution-Share Alike 3.0 Unported).", "CC-BY-SA-3.0"),
        ("A lung (image by B, CC BY-SA).", "unknown"),
        ("A lung (B, CC0).", "CC-BY-4.0"),
        ("Occlusion of the right artery, 3D printed from CT by us.", "CC-BY-4.0"),
        ("(c) PET scans use radiopharmaceuticals.", "CC-BY-4.0"),
        ("The cells (c) 200 nm apart.", "CC-BY-4.0"),
    ],
)
def test_credit_lines_override_the_article(caption: str, licence: str) -> None:
    assert figure_licence("CC-BY-4.0", credit=credit_of(caption)) == licence


def test_own_permissions_of_a_figure_come_first() -> None:
    assert figure_licence("CC-BY-4.0", stated="unknown") == "unknown"
    assert figure_licence("CC-BY-4.0", stated="CC-BY-ND-4.0", credit="© A. Person") == "CC-BY-ND-4.0"


def test_words_of_a_credit_never_loosen_what_holds_for_the_article() -> None:
    assert figure_licence("CC-BY-NC-4.0", credit="(Photo by B, CC BY 4.0)") == "CC-BY-NC-4.0"
    assert figure_licence("unknown", credit="(Photo by B, CC BY 4.0)") == "unknown"


def test_credit_keeps_its_words_and_inner_brackets() -> None:
    caption = "Skin. (credit: (a) K. Peter (b) Owl / Wikimedia.) More text. Courtesy of the museum. The end."
    assert credit_of(caption) == "(credit: (a) K. Peter (b) Owl / Wikimedia.) Courtesy of the museum."
    assert credit_of("A chest radiograph.") is None


def test_join_is_symmetric_and_never_loosens() -> None:
    for image, text in product(ALL, repeat=2):
        joined = made_licence(image, text)
        assert joined == made_licence(text, image)
        if joined is not None:
            for use in ("commercial", "derivative"):
                assert not allows(joined, use) or (allows(image, use) and allows(text, use))


@pytest.mark.parametrize(
    ("image", "text", "joined"),
    [
        ("CC-BY-3.0", "CC-BY-4.0", "CC-BY-4.0"),
        ("CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-3.0"),
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC-BY-SA-4.0"),
        ("CC-BY-SA-1.0", "CC-BY-SA-4.0", None),
        ("CC-BY-SA-4.0", "CC-BY-NC-4.0", None),
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", None),
        ("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-SA-4.0"),
        ("CC-BY-ND-4.0", "CC-BY-ND-4.0", None),
        ("CC0-1.0", "public-domain", "CC0-1.0"),
        ("unknown", "CC-BY-4.0", "unknown"),
        ("unknown", "CC-BY-ND-4.0", None),
        ("TDM", "CC0-1.0", None),
        ("a name never heard of", "CC0-1.0", "unknown"),
    ],
)
def test_made_licence(image: str, text: str, joined: str | None) -> None:
    assert made_licence(image, text) == joined
