"""XML is read without fetching or expanding anything, and each refusal says why."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from met.xml import XmlRefused, parse_xml, storable

BOMB = (
    b'<!DOCTYPE a [<!ENTITY x0 "lol">'
    + b"".join(b'<!ENTITY x%d "%s">' % (level, b"&x%d;" % (level - 1) * 10) for level in range(1, 12))
    + b"]>"
)
XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"<a><b>text", "truncated_xml"),
        (b"<a><b>text</b", "truncated_xml"),
        (b'<a><b c="', "truncated_xml"),
        (b"<a>&am", "truncated_xml"),
        (b"<a><!-- ", "truncated_xml"),
        ("<a>é".encode()[:-1], "truncated_xml"),
        (b"<!DOCTYPE arti", "truncated_xml"),
        (b"<a><b></a>", "malformed_xml"),
        (b"<a><b>text</a> and it goes on", "malformed_xml"),
        (b"<a/>text", "malformed_xml"),
        (b"<a>&alpha;</a>", "malformed_xml"),
        (b'<a x:href="y"/>', "malformed_xml"),
        (b"no markup", "malformed_xml"),
        (b"<a>\x00</a>", "malformed_xml"),
        (b"<a>&#1;</a>", "malformed_xml"),
        (b'<?xml version="1.0" encoding="utf-8"?><a>\xff\xfe</a>', "malformed_xml"),
        (b'<?xml version="1.0" encoding="no-such"?><a>x</a>', "malformed_xml"),
        (b"<a>" * 300 + b"</a>" * 300, "too_deep"),
        (b"<a>" + b"x" * 12_000_000 + b"</a>", "too_large"),
        (b'<a b="' + b"x" * 12_000_000 + b'"/>', "too_large"),
        (b"<a>" + b"<b/>" * (17 * 1024 * 1024) + b"</a>", "too_large"),
        (b"<a>" + b"<b/>" * 2_100_000 + b"</a>", "too_large"),
        (b"<a>" + b'<b c=""/>' * 1_050_000 + b"</a>", "too_large"),
        (BOMB + b"<a>&x11;</a>", "entity_declaration"),
        (b"<?pi ?><!-- <!DOCTYPE --> " + BOMB + b"<a/>", "entity_declaration"),
        (b"\xef\xbb\xbf" + BOMB + b'<a b="&x11;"/>', "entity_declaration"),
        (BOMB + b'<a b="&x11;"/>', "entity_declaration"),
        (XXE, "entity_declaration"),
        (XXE.decode().encode("utf-16"), "entity_declaration"),
        (b'<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>', "entity_declaration"),
        (b'<!DOCTYPE a [<!-- ]> --><!ENTITY q "z">]><a/>', "entity_declaration"),
    ],
    ids=lambda value: value if isinstance(value, str) else repr(value[:24]),
)
def test_refusals_say_why(data: bytes, reason: str) -> None:
    with pytest.raises(XmlRefused) as refused:
        parse_xml(data)
    assert refused.value.reason == reason


def test_refusal_names_the_line_and_survives_pickling() -> None:
    with pytest.raises(XmlRefused) as refused:
        parse_xml(b"<a>\n<b>\n</a>")
    copy = pickle.loads(pickle.dumps(refused.value))
    assert (copy.reason, copy.line) == ("malformed_xml", 3)
    assert str(copy) == "the XML is refused at line 3: malformed_xml"


def test_named_characters_of_a_dtd_that_is_not_loaded_stand_as_characters() -> None:
    root = parse_xml(b'<!DOCTYPE a SYSTEM "x.dtd"><a>&alpha;x<b/>y&nope;&beta;<!-- c -->z<?pi d?>w<c>&mu;</c></a>')
    assert "".join(root.itertext()) == "αxy&nope;βzwμ"


def test_no_file_is_read(tmp_path) -> None:
    secret = tmp_path / "secret.dtd"
    secret.write_text("<!ENTITY stolen 'secret'>")
    root = parse_xml(f'<!DOCTYPE a SYSTEM "{secret.as_uri()}"><a>&stolen;</a>'.encode())
    assert root.text == "&stolen;"


@given(st.integers(min_value=1, max_value=60))
def test_every_cut_of_a_document_is_truncated(cut: int) -> None:
    whole = '<article id="1"><p>Grüße &amp; mehr</p><![CDATA[x]]></article>'.encode()
    with pytest.raises(XmlRefused) as refused:
        parse_xml(whole[:cut])
    assert refused.value.reason == "truncated_xml"


@given(st.binary(max_size=200))
def test_any_bytes_give_an_element_or_a_refusal(data: bytes) -> None:
    try:
        assert parse_xml(data).tag
    except XmlRefused as refused:
        assert refused.line >= 1


@given(st.text())
def test_storable_text_can_be_stored(text: str) -> None:
    kept = storable(text)
    assert "\x00" not in kept
    assert kept.encode("utf-8").decode("utf-8") == kept


@pytest.mark.parametrize("before", [0, 999, 1000, 1001, 5000])
def test_a_named_character_is_found_behind_any_number_of_others(before: int) -> None:
    root = parse_xml(b'<!DOCTYPE a SYSTEM "x.dtd"><a>' + b"&amp;" * before + b"&alpha;</a>")
    assert root.text == "&" * before + "\u03b1"
