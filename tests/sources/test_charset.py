"""Bodies in the encodings that browsers read in them, whatever they are called."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.sources.charset import PRESCAN_BYTES, decode

TEXT = "<p>“Nobody asked the crew’s widow – she left Åmål for 40 €,” said Zoë Štern.</p>"
LEGACY = TEXT.encode("cp1252")


@pytest.mark.parametrize(
    "label",
    ["iso-8859-1", "ISO_8859-1:1987", "latin1", "l1", "us-ascii", "ASCII", "ansi_x3.4-1968", "cp819",
     "csisolatin1", "windows-1252", " x-cp1252 ", '"iso-8859-1"', "'latin1'"],
)  # fmt: skip
def test_labels_of_latin_1_and_ascii_mean_windows_1252(label: str):
    assert decode(LEGACY, label) == TEXT


@pytest.mark.parametrize(
    "head",
    [b'<meta charset="ISO-8859-1">', b"<META CHARSET=latin1>", b"<meta charset='us-ascii' />",
     b'<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">',
     b"<meta content='text/html;charset=windows-1252' http-equiv=content-type>",
     b'<?xml version="1.0" encoding="ISO-8859-1"?>', b"\n<?xml version='1.0' encoding='latin1' ?>",
     b"<!-- <meta charset=utf-8> " + b"x" * 3000 + b"--><meta charset=windows-1252>",
     b'<meta name="description" content="charset=utf-8"><meta charset="cp1252">',
     b'<meta charset="no-such-thing"><meta charset="cp1252">', b""],
)  # fmt: skip
def test_what_a_document_declares_counts_and_windows_1252_where_it_declares_nothing(head: bytes):
    assert decode(head + LEGACY) == head.decode("ascii") + TEXT


@pytest.mark.parametrize("sent", [None, "", "unknown-8bit", "none", "utf-8, text/html"])
def test_a_label_that_nobody_knows_is_passed_over(sent: str | None):
    assert decode(b"<meta charset=latin1>" + LEGACY, sent).endswith(TEXT)
    assert decode(TEXT.encode(), sent) == TEXT


def test_the_header_goes_before_what_the_page_declares():
    assert decode(b"<meta charset=utf-8>" + LEGACY, "iso-8859-1").endswith(TEXT)
    assert decode(b"<meta charset=latin1>" + TEXT.encode(), "utf-8").endswith(TEXT)


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_goes_before_everything(mark: str):
    assert decode(TEXT.encode(mark), "iso-8859-1") == TEXT
    assert decode(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-8") == TEXT


@pytest.mark.parametrize("label", ["utf-16", "utf-16le", "UTF-16BE", "unicode"])
def test_a_declaration_of_utf_16_that_can_be_read_means_utf_8(label: str):
    page = f'<meta charset="{label}">{TEXT}'

    assert decode(page.encode()) == page
    assert decode(page.encode(), label) == page


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("sent", ["utf-16", None])
def test_utf_16_without_a_mark_is_told_by_its_first_character(codec: str, sent: str | None):
    assert decode(TEXT.encode(codec), sent) == TEXT


def test_bytes_that_windows_1252_leaves_undefined_are_control_characters():
    assert decode(b"\x81\x8d\x8f\x90\x9d\x80", "latin1") == "\x81\x8d\x8f\x90\x9d€"


@pytest.mark.parametrize(
    ("label", "codec", "text"),
    [("gb2312", "gb18030", "北京"), ("shift_jis", "cp932", "東京①"), ("koi8-r", "koi8-r", "Мир"),
     ("iso-8859-9", "cp1254", "“İzmir”"), ("ks_c_5601-1987", "cp949", "서울"), ("euc-jp", "euc-jp", "東京")],
)  # fmt: skip
def test_other_labels_mean_what_browsers_take_them_for(label: str, codec: str, text: str):
    assert decode(text.encode(codec), label) == text


def test_a_declaration_beyond_the_prescan_is_not_read():
    late = b" " * PRESCAN_BYTES + b"<meta charset=koi8-r>" + LEGACY

    assert decode(late).endswith(TEXT)


@given(st.binary(max_size=300), st.none() | st.text(max_size=20))
def test_any_bytes_are_characters(body: bytes, label: str | None):
    decode(body, label).encode()


@given(st.text(max_size=200).filter(lambda text: text[:1] != "\ufeff" and "\0" not in text))
def test_utf_8_comes_back_as_it_was(text: str):
    assert decode(text.encode(), "utf8") == text
