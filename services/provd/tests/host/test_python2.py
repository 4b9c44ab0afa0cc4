"""Packages for Python 2: told apart from those for Python 3, translated, refused."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_provd.host.inside.python2 import Translator, Untranslatable, is_python2
from ovix_provd.host.inside.python2_values import BUILTINS

from .stranger import PYTHON3_COMMON, PYTHON3_ENTRY
from .stranger_python2 import PYTHON2_COMMON, PYTHON2_ENTRY


def result_of(source: str, **names: Any) -> Any:
    """What ``result`` is after the translated source ran."""
    namespace: dict[str, Any] = {"__builtins__": BUILTINS, **names}
    exec(Translator(None).code(source.encode(), "/plugins/x/entry.py"), namespace)
    return namespace["result"]


@pytest.mark.parametrize(
    "source",
    [
        "try:\n    pass\nexcept ValueError, e:\n    pass\n",
        "print 'x'\n",
        "raise ValueError, 'x'\n",
        "x = `1`\n",
        "x = 1 <> 2\n",
        "x = 0777\n",
        "def f((a, b)): pass\n",
        "exec 'x = 1' in {}\n",
        "import ConfigParser\n",
        "from urllib2 import urlopen\n",
        "x = isinstance('', basestring)\n",
        "x = {}.iteritems()\n",
        "x = {}.has_key(1)\n",
        "def f(request): return request.getHeader('User-Agent')\n",
        "import urllib\nx = urllib.urlencode({})\n",
        PYTHON2_ENTRY + PYTHON2_COMMON,
    ],
)
def test_python_2_is_recognized(source: str) -> None:
    assert is_python2({"entry.py": b"x = 1\n", "common.py": source.encode()})


@pytest.mark.parametrize(
    "source",
    [
        "",
        "common = {}\nexecfile_('common.py', common)\n",
        "def f(request): return request.getHeader(b'User-Agent').decode('ascii')\n",
        "import six\nx = six.iteritems({})\n",
        "try:\n    import ConfigParser\nexcept ImportError:\n    import configparser\n",
        "try:\n    text = unicode\nexcept NameError:\n    text = str\n",
        "import urllib.parse\nx = urllib.parse.quote('a')\n",
        PYTHON3_ENTRY,
        PYTHON3_COMMON,
    ],
)
def test_python_3_is_left_alone(source: str) -> None:
    assert not is_python2({"common.py": source.encode()})


@pytest.mark.parametrize(
    ("source", "result"),
    [
        ("try:\n    {}['x']\nexcept KeyError, e:\n    result = repr(e)\n", "KeyError('x')"),
        ("result = 7 / 2, 7 / 2.0, -7 / 2\n", (3, 3.5, -4)),
        ("result = 7\nresult /= 2\n", 3),
        ("from __future__ import division\nresult = 7 / 2\n", 3.5),
        ("result = u'é'.encode('utf-8')\n", "é"),
        ("result = 'abc'.decode('ascii')\n", "abc"),
        ("result = u'aé'.encode('ascii', 'xmlcharrefreplace')\n", "a&#233;"),
        ("result = u'aé'.encode('ascii', 'ignore')\n", "a"),
        ("result = 'a'.encode('hex'), '61'.decode('hex')\n", ("61", "a")),
        ("result = None < 1, None >= 0, 'a' > 3, 1 <= 2\n", (True, False, True, True)),
        ("result = sorted([3, None, 'a', 1])\n", [None, 1, 3, "a"]),
        ("result = [2, None]\nresult.sort()\n", [None, 2]),
        ("result = [1, 3, 2]\nresult.sort(lambda a, b: cmp(b, a))\n", [3, 2, 1]),
        ("result = sorted({'b': 1}.iteritems(), key=lambda (k, v): v)\n", [("b", 1)]),
        ("d = {1: 2}\nresult = d.keys()[0], d.has_key(1), d.items()\n", (1, True, [(1, 2)])),
        ("d = {1: 2}\nfor k in d.keys():\n    del d[k]\nresult = d\n", {}),
        ("result = map(str, [1]), filter(None, [0, 1]), zip([1], [2])\n", (["1"], [1], [(1, 2)])),
        ("result = 0777, 3L, `4`, 1 <> 2, unichr(233)\n", (511, 3, "4", True, "é")),
        ("result = isinstance(u'', basestring), unicode(3), long(3)\n", (True, "3", 3)),
        ("from StringIO import StringIO\nresult = StringIO(u'é').read()\n", "é"),
        ("import urllib\nresult = urllib.quote('a b')\n", "a%20b"),
        ("import urlparse\nresult = urlparse.urlparse('//h')[1]\n", "h"),
        ("exec 'result = 3'\n", 3),
        ("result = unicode('abc', 'ascii'), unicode(3), unicode()\n", ("abc", "3", "")),
        ("result = reduce(lambda a, b: a + b, xrange(4))\n", 6),
        ("# coding: latin-1\nresult = u'\\xe9'\n", "é"),
        ("result = 'x'\r\n", "x"),
        ("result = 3", 3),
    ],
)  # fmt: skip
def test_translated_code_means_what_it_meant(source: str, result: object) -> None:
    assert result_of(source) == result


def test_undecodable_comments_are_no_obstacle_when_their_encoding_is_declared() -> None:
    source = "# -*- coding: latin-1 -*-\n# é\nname = u'é'\n".encode("latin-1")
    namespace: dict[str, Any] = {"__builtins__": BUILTINS}
    exec(Translator(None).code(source, "x.py"), namespace)
    assert namespace["name"] == "é"


def test_binary_files_take_texts(tmp_path: Path) -> None:
    place = tmp_path / "x"
    result_of("f = open(name, 'wb')\nf.write(u'é')\nresult = f.close()\n", name=str(place))
    assert place.read_bytes() == "é".encode()
    reads = "f = file(name)\nresult = f.read()\nf.close()\n"
    assert result_of(reads, name=str(place)) == "é"


@pytest.mark.parametrize(
    ("source", "where"),
    [
        ("x = 1\ndef f(:\n", r"common\.py, line 2"),
        ("x = (\n", r"common\.py"),
        ("if x:\n  a = 1\n b = 2\n", r"common\.py, line 3"),
        ("x = '\\xff'\n", None),
        ("x = 1\nprint >>f, 'x',\nclass\n", r"common\.py, line 3"),
        ("x\0y\n", r"common\.py"),
    ],
)
def test_what_does_not_translate_is_refused_with_its_place(source: str, where: str | None) -> None:
    translator = Translator(None)
    if where is None:
        translator.code(source.encode(), "/p/common.py")
        return
    with pytest.raises(Untranslatable, match=where):
        translator.code(source.encode(), "/p/common.py")


def test_bytes_of_an_undeclared_encoding_are_refused_with_their_line() -> None:
    with pytest.raises(Untranslatable, match=r"common\.py, line 2"):
        Translator(None).code(b"x = 1\n# \xe9\nprint 'x'\n", "/p/common.py")


def test_a_translation_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = b"print 'x'\nresult = 1 / 2\n"
    Translator(tmp_path / "cache").code(source, "/p/common.py")
    (cached,) = (tmp_path / "cache").iterdir()
    monkeypatch.setattr("ovix_provd.host.inside.python2._translated", None)
    Translator(tmp_path / "cache").code(source, "/other/entry.py")
    cached.write_bytes(b"\xff")
    with pytest.raises(TypeError):
        Translator(tmp_path / "cache").code(source, "/p/common.py")


def test_an_error_tells_the_line_of_the_file() -> None:
    source = "import ConfigParser\n\nx = {}\nprint x['absent']\n"
    with pytest.raises(KeyError) as caught:
        result_of(source)
    last = caught.tb
    while last.tb_next is not None:
        last = last.tb_next
    assert (last.tb_frame.f_code.co_filename, last.tb_lineno) == ("/plugins/x/entry.py", 4)


@given(st.integers(-99, 99), st.integers(-99, 99).filter(bool))
def test_integers_divide_downwards(left: int, right: int) -> None:
    assert result_of("result = a / b", a=left, b=right) == left // right


@given(st.lists(st.none() | st.integers() | st.text() | st.floats(allow_nan=False)))
def test_anything_has_an_order(values: list[Any]) -> None:
    result = result_of("result = sorted(values)", values=values)
    assert sorted(map(repr, result)) == sorted(map(repr, values))
    assert result == result_of("result = sorted(reversed(values))", values=result)


def refusal(source: bytes) -> str:
    """How the source is refused; empty where it is not."""
    try:
        Translator(None).code(source, "/p/common.py")
    except Untranslatable as error:
        return str(error)
    return ""


@given(st.binary(max_size=120) | st.text("abcx =:()[]{},.'\"\n\t`<>0789L").map(str.encode))
def test_no_source_does_more_than_be_refused(source: bytes) -> None:
    is_python2({"common.py": source})
    assert not (told := refusal(source)) or told.startswith("common.py")
