"""The one door to XML: bytes in, elements out, nothing fetched, nothing expanded."""

import html
import re
from typing import Any, Final, Literal, TypeAlias

from lxml import etree

from met.errors import MetError

# lxml ships no type information; the elements of this module are `lxml.etree._Element`.
Element: TypeAlias = Any
Reason: TypeAlias = Literal[
    "truncated_xml", "entity_declaration", "too_large", "too_deep", "too_many", "malformed_xml", "empty"
]

MAX_BYTES: Final = 64 * 1024 * 1024
# Elements, texts and attributes take up to 250 bytes of memory each, so these are half a gigabyte at most.
MAX_MARKS: Final = 2_000_000
# libxml2 counts these two as errors of the finished document, so its push parser reports them late, like a cut.
_LATE_ERRORS: Final = frozenset(
    {
        etree.ErrorTypes.ERR_UNDECLARED_ENTITY,
        etree.ErrorTypes.WAR_UNDECLARED_ENTITY,
        etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE,
    }
)
# Only what stands before the root element is looked at; a declaration that this misses is found in the parsed DTD.
_ENTITY_DECLARATION: Final = re.compile(
    rb"(?>\xef\xbb\xbf|\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE[^>\[]*\[.{0,65536}?<!ENTITY", re.DOTALL
)
_NAMED_CHARACTER: Final = re.compile(rb"&(?:[^#alqg]|a(?!mp;|pos;)|l(?!t;)|g(?!t;)|q(?!uot;))")
# From so many references on a pattern looks through the rest: with few, jumping from one to the next is quicker.
_FEW: Final = 1000
# What XML 1.0 already forbids, and what a text column of Postgres refuses: controls, surrogates, non-characters.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class XmlRefused(MetError):
    """the XML is refused at line {line}: {reason}"""

    def __init__(self, reason: Reason, line: int | None = None) -> None:
        super().__init__(reason=reason, line=line or 1)
        self.reason: Reason = reason
        self.line = line or 1

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reason, self.line)


def parse_xml(data: bytes) -> Element:
    """Return the root element of `data`, without comments and processing instructions.

    Nothing is read from the network or from other files. References to named characters that only the document's DTD
    would define (`&alpha;`) stand as that character; the text of an unknown name stays as written.

    Raises:
        XmlRefused: the document declares entities, is larger than 64 MiB, has a text of more than 10 MB or more than
            two million tags and attributes, is nested more than 256 elements deep, ends before its root element does,
            or is not well formed.

    >>> parse_xml(b"<a>1 &lt; 2</a>").text
    '1 < 2'
    >>> parse_xml(b"<a><b>")
    Traceback (most recent call last):
    met.xml.XmlRefused: the XML is refused at line 1: truncated_xml
    """
    if len(data) > MAX_BYTES or (len(data) > MAX_MARKS and data.count(b"<") + data.count(b"=") > MAX_MARKS):
        raise XmlRefused("too_large")
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise XmlRefused("empty")
    if _ENTITY_DECLARATION.match(data):
        raise XmlRefused("entity_declaration")
    try:
        root = etree.fromstring(data, _parser())
    except etree.XMLSyntaxError as error:
        raise XmlRefused(_reason(error, data), error.lineno) from error
    subset = root.getroottree().docinfo.internalDTD
    # Without a DTD a name that XML does not know is an error, so no reference is left.
    if subset is not None:
        if next(iter(subset.iterentities()), None) is not None:
            raise XmlRefused("entity_declaration")
        if _names_characters(data):
            _name_characters(root)
    return root


def storable(text: str) -> str:
    """Return `text` without the characters that no XML holds and no text column takes.

    >>> storable("a\\x00b\\ud800c")
    'abc'
    """
    return _FORBIDDEN.sub("", text)


def _parser() -> Any:
    # One parser a document: an lxml parser keeps names and errors of what it parsed before.
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _reason(error: Any, data: bytes) -> Reason:
    if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
        return _limit(error.msg)
    if error.code == etree.ErrorTypes.ERR_ENTITY_LOOP:
        return "entity_declaration"
    if error.code in _LATE_ERRORS:
        return "malformed_xml"
    return "truncated_xml" if _is_prefix(data) else "malformed_xml"


def _limit(message: str) -> Reason:
    if "depth" in message:
        return "too_deep"
    return "entity_declaration" if "amplification" in message else "too_large"


def _is_prefix(data: bytes) -> bool:
    """Return whether `data` could go on as a well-formed document: the push parser complains of nothing but its end."""
    parser = _parser()
    try:
        parser.feed(data)
    except etree.XMLSyntaxError:
        return False
    try:
        parser.close()
    except etree.XMLSyntaxError:
        return True
    return False


def _names_characters(data: bytes) -> bool:
    """Return whether a reference may name a character that XML itself does not know."""
    at = data.find(b"&")
    for _ in range(_FEW):
        if at < 0 or _NAMED_CHARACTER.match(data, at):
            return at >= 0
        at = data.find(b"&", at + 1)
    return at >= 0 and _NAMED_CHARACTER.search(data, at) is not None


def _name_characters(root: Element) -> None:
    for reference in list(root.iter(etree.Entity)):
        parent = reference.getparent()
        text = html.unescape(reference.text) + (reference.tail or "")
        before = reference.getprevious()
        if before is None:
            parent.text = (parent.text or "") + text
        else:
            before.tail = (before.tail or "") + text
        reference.tail = None
        parent.remove(reference)
