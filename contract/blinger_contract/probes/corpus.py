"""Texts and URLs that servers get wrong."""

_TRAPS = {
    "characters beyond the basic plane": "\U0001f600\U0001f469\u200d\U0001f4bb \U00020bb7",
    "right-to-left text": "\u05e9\u05dc\u05d5\u05dd \u202emixed\u202c \u0645\u0631\u062d",
    "a composed character": "caf\u00e9 \u00c5",
    "a decomposed character": "cafe\u0301 A\u030a",
    "compatibility characters": "\ufb01 \uff21 \u2460 \u212b",
    "line ends": "one\r\ntwo\nthree\rfour\u2028five",
    "tabs and runs of blanks": "a\t\tb    c",
    "markup": "<b>bold</b> <script>alert('x')</script> &amp; &lt;",
    "quotes and backslashes": 'it\'s "quoted" \\ \\n \\u0041 / \\/',
    "a byte order mark": "a\ufeffb",
    "invisible characters": "a\u200bb\u00adc\u2060d",
    "what looks like code": "%s %n {0} ${x} {{7*7}} '; DROP TABLE m;-- ../../etc",
    "what looks like a number": "007.10e1",
    "what is escaped elsewhere": "50% %41%20 a+b=c &#39;&nbsp;&copy; $& \\1 ''twice`",
    "what is a link elsewhere": "https://example.com/a?b=c&d#e www.example.com a@b.example #1",
    "what is formatted elsewhere": "*bold* _it_ `code` ~~no~~ [a](b) > q - item 1. one ^2^ ||x||",
    "what is typed as a sign": ":) ;-) <3 :smile: -- --- ... -> (c) (tm) 1/2 ''q'' \"q\" 3x4",
    "typographic signs": (
        "\u201cq\u201d \u2018s\u2019 \u2013\u2014 \u2026 \u2022 \u20ac\u2116 \u00ab\u00bb"
    ),
    "letters whose case is special": "\u00df \u1e9e \u0130 \u0131 \u017f \u03c2 \u01c5 STRASSE",
    "letters of many scripts": (
        "\u0436\u0451 \u65e5\u672c \ud55c \u0e44\u0e17\u0e22 \u0939\u093f \u1100\u1161"
    ),
    "flags, keycaps and skin": (
        "\U0001f1e9\U0001f1ea 1\ufe0f\u20e3 \u2764\ufe0f \U0001f44d\U0001f3fd"
    ),
    "blanks of every kind": "a\u00a0b\u2009c\u202fd\u3000e\u2003f",
    "characters of private use": "a\ue000b\U000f0000c\U00040000",
    "other controls": "a\u0001b\u001bc\u007fd\u0085e",
    "a noncharacter": "a\ufffeb\uffffc",
    "a replacement character": "a\ufffdb",
}
MIXED = "  " + " | ".join(text for name, text in _TRAPS.items() if "control" not in name) + " \n "
"""Every trap in one text, for one message; what a database may not store is left out."""

PLAIN = {
    "a byte order mark first": "\ufeffmarked\u200b",
    "the word null": "null",
    "a number": "007",
    "nothing but a blank": " ",
    "controls and a NUL": "a\u0001b\u001bc\u007fd\u0085e\u0000f",
}
"""Texts that stand for themselves: what they are is only seen where nothing is around them."""

TEXTS: dict[str, str] = {
    "everything at once": MIXED,
    **PLAIN,
    **_TRAPS,
    "blanks around it": "  \t blanks \n ",
    "no-break and wide blanks around it": "\u00a0\u3000wide\u2003",
    "a NUL": "a\u0000b",
    "one character": "x",
    "zero": "0",
    "the word false": "false",
    "an emoji of many parts": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e007f",
    "a long line": "word " * 400 + "end",
    "many lines": "line\n" * 200 + "end",
}

RAW_TEXTS = (
    b'{"uuid":"%s","text":"a\\ud800b"}',
    b'{"uuid":"%s","text":"x","text":"y"}',
    b'{"uuid":"%s","text":NaN}',
    b'{"uuid":"%s","text":1e999}',
)
"""Bodies with one place for a uuid."""

UNUSUAL_URL = "HTTPS://example.com:8443/no-extension"
URLS = (
    UNUSUAL_URL,
    "https://example.com/a%20b/c.d/Picture.PNG?x=1&y=%C3%A9#part",
    "HTTPS://example.com/picture.png",
    "https://example.com",
    "https://example.com/",
    "https://example.com/no-extension",
    "https://example.com/archive.tar.gz",
    "https://example.com/.hidden",
    "https://example.com/name.with-a-very-long-extension",
    "https://example.com/document.pdf?download",
    "https://example.com:8443/picture.jpeg",
    "https://user@example.com/picture.jpeg",
    "https://xn--bcher-kva.example/b%C3%BCcher.gif",
    "https://192.0.2.1/picture.webp",
    "https://[2001:db8::1]/picture.png",
    "https://example.com/a;b=c/d,e/f~g/!$&'()*+.svg",
)
WRONG_URLS = (
    "ftp://example.com/picture.png",
    "not a url",
    "",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:image/png;base64,iVBORw0KGgo=",
    "//example.com/picture.png",
    "/picture.png",
    "example.com/picture.png",
    "https://",
    "https:///picture.png",
    "https:example.com",
    "https://example.com/a b.png",
    "httpss://example.com/picture.png",
    " https://example.com/picture.png",
    "https://example.com/picture.png\n",
    "https://example.com/\u00e9.png",
    "https://example.com/%zz.png",
    "https://example.com/a<b>.png",
    "https://exa mple.com/picture.png",
    "https://example.com:port/picture.png",
    "https://?picture.png",
    "https://#picture.png",
    "https://[::1/picture.png",
    "http:/example.com/picture.png",
    "see https://example.com/picture.png",
    "mailto:ann@example.com",
    "blob:https://example.com/1",
    "gopher://example.com/1",
)
