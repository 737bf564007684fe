"""Which encoding an HTML page names near its start, by the Encoding and HTML standards.

Only encodings of text that these know are taken, by a fixed list: Python's own register holds
codecs such as `idna` and `unicode_escape`, and reads `iso-8859-1` other than a browser does.
"""

from __future__ import annotations

import re

_LOOKED_AT = 2048  # bytes
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_DECLARED = re.compile(
    rb"<(?:meta[\s/][^>]*?charset|\?xml\s[^>]*?encoding)\s*=\s*[\"']?\s*([\w.:-]{1,40})",
    re.IGNORECASE,
)
_SQUEEZED = re.compile(r":\d+$|[^a-z0-9]")
_LABELS = {  # Python's codec: labels, without their signs and years
    # a name that could be read as ASCII was not written in UTF-16
    "utf-8": "utf8 unicode11utf8 unicode20utf8 xunicode20utf8 utf16 utf16le utf16be unicode ucs2"
    " csunicode iso10646ucs2 unicodefeff unicodefffe",
    "windows-1252": "windows1252 cp1252 xcp1252 iso88591 latin1 l1 ascii usascii ansix341968 cp819"
    " ibm819 isoir100 csisolatin1 xuserdefined",
    "iso-8859-2": "iso88592 latin2 l2 isoir101 csisolatin2",
    "iso-8859-3": "iso88593 latin3 l3 isoir109 csisolatin3",
    "iso-8859-4": "iso88594 latin4 l4 isoir110 csisolatin4",
    "iso-8859-5": "iso88595 cyrillic isoir144 csisolatincyrillic",
    "iso-8859-6": "iso88596 iso88596e iso88596i arabic asmo708 ecma114 isoir127 csiso88596e"
    " csiso88596i csisolatinarabic",
    "iso-8859-7": "iso88597 greek greek8 ecma118 elot928 isoir126 csisolatingreek suneugreek",
    "iso-8859-8": "iso88598 iso88598e iso88598i hebrew visual logical isoir138 csiso88598e"
    " csiso88598i csisolatinhebrew",
    "iso-8859-10": "iso885910 latin6 l6 isoir157 csisolatin6",
    "iso-8859-13": "iso885913",
    "iso-8859-14": "iso885914",
    "iso-8859-15": "iso885915 l9 latin9 csisolatin9",
    "iso-8859-16": "iso885916",
    "cp866": "866 cp866 ibm866 csibm866",
    "koi8-r": "koi8r koi koi8 cskoi8r",
    "koi8-u": "koi8u koi8ru",
    "mac-roman": "macintosh mac xmacroman csmacintosh",
    "mac-cyrillic": "xmaccyrillic xmacukrainian",
    "cp874": "windows874 dos874 iso885911 tis620",
    "windows-1250": "windows1250 cp1250 xcp1250",
    "windows-1251": "windows1251 cp1251 xcp1251",
    "windows-1253": "windows1253 cp1253 xcp1253",
    "windows-1254": "windows1254 cp1254 xcp1254 iso88599 latin5 l5 isoir148 csisolatin5",
    "windows-1255": "windows1255 cp1255 xcp1255",
    "windows-1256": "windows1256 cp1256 xcp1256",
    "windows-1257": "windows1257 cp1257 xcp1257",
    "windows-1258": "windows1258 cp1258 xcp1258",
    "gb18030": "gb18030 gbk xgbk gb2312 gb231280 chinese csgb2312 csiso58gb231280 isoir58",
    "hz": "hzgb2312",  # the standard refuses this one and iso-2022-kr, for the sake of scripts
    "big5-hkscs": "big5 big5hkscs cnbig5 csbig5 xxbig5",
    "euc-jp": "eucjp xeucjp cseucpkdfmtjapanese",
    "iso-2022-jp": "iso2022jp csiso2022jp",
    "cp932": "shiftjis sjis xsjis ms932 mskanji windows31j csshiftjis",
    "cp949": "euckr cseuckr korean windows949 ksc5601 ksc56011987 ksc56011989 csksc56011987"
    " isoir149",
    "iso-2022-kr": "iso2022kr csiso2022kr",
}
_CODECS = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}


def named_encoding(data: bytes) -> str:
    """Python's codec for the first encoding that the page `data` names and that is known here.

    UTF-8 where there is none, and where UTF-16 is named.
    """
    head = _COMMENT.sub(b"", data[:_LOOKED_AT])
    for match in _DECLARED.finditer(head):
        codec = known_encoding(match[1].decode("ascii"))
        if codec:
            return codec
    return "utf-8"


def known_encoding(label: str) -> str:
    """Python's codec for a label of an encoding, or "" where it is not known here."""
    return _CODECS.get(_SQUEEZED.sub("", label.lower()), "")
