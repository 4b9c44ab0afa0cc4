"""Packages written for Python 2: told apart, and translated in memory.

Source: reference/provd/plugins.md, 12. Syntax and names are ``fissix``'s business; where a value
means something else (texts and bytes, division, order), the tree is changed to ask
`python2_values`. The files on disk stay what they are; what fissix made of one is cached under the
hash of its source, since translating takes some tenths of a second.
"""

import ast
import hashlib
import io
import logging
import os
import tokenize
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import CodeType
from typing import Any

from .python2_tree import adapted

_MODULES_GONE = frozenset(
    {"ConfigParser", "Cookie", "HTMLParser", "Queue", "StringIO", "cPickle", "cStringIO"}
    | {"commands", "cookielib", "httplib", "md5", "sets", "sha", "urllib2", "urlparse"}
)
_NAMES_GONE = frozenset({"unicode", "basestring", "xrange", "raw_input", "unichr", "long"})
_METHODS_GONE = frozenset({"iteritems", "itervalues", "iterkeys", "has_key"})
_URLLIB_MOVED = frozenset({"urlencode", "quote", "unquote", "quote_plus", "urlopen", "urlretrieve"})
_FIXERS = [
    *("apply", "basestring", "dict", "except", "exec", "filter", "funcattrs", "getcwdu"),
    *("has_key", "imports", "imports2", "intern", "isinstance", "itertools", "itertools_imports"),
    *("long", "map", "metaclass", "methodattrs", "ne", "next", "nonzero", "numliterals"),
    *("operator", "paren", "print", "raise", "raw_input", "reduce", "renames", "repr"),
    *("standarderror", "sys_exc", "throw", "tuple_params", "types", "unicode", "urllib"),
    *("xrange", "xreadlines", "zip"),
]


class Untranslatable(Exception):
    """A file that is neither Python 3 nor Python 2 that translates cleanly."""

    def __init__(self, filename: str, line: int | None, reason: str) -> None:
        where = f"{filename}, line {line}" if line else filename
        super().__init__(f"{where}: {reason}")


def is_python2(sources: Mapping[str, bytes]) -> bool:
    """Whether a package of these files is Python 2: one that is makes them all so."""
    return any(_is_python2(source) for source in sources.values())


def _is_python2(source: bytes) -> bool:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return True
    guarded = {
        id(node)
        for attempt in ast.walk(tree)
        if isinstance(attempt, ast.Try)
        for node in ast.walk(attempt)
    }
    return any(_is_of_python2(node) for node in ast.walk(tree) if id(node) not in guarded)


def _is_of_python2(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(name.name in _MODULES_GONE for name in names)
        case ast.ImportFrom(module=str(module), level=0):
            return module in _MODULES_GONE
        case ast.Name(id=name, ctx=ast.Load()):
            return name in _NAMES_GONE
        case ast.Attribute(value=ast.Name(id="six")):
            return False
        case ast.Attribute(value=ast.Name(id="urllib"), attr=attr):
            return attr in _URLLIB_MOVED
        case ast.Call(func=ast.Attribute(attr="getHeader"), args=[ast.Constant(value=str()), *_]):
            # Packages for Python 3 ask for headers by bytes.
            return True
        case ast.Attribute(attr=attr):
            return attr in _METHODS_GONE
    return False


class Translator:
    """Makes code of Python 2 source."""

    def __init__(self, cache_dir: Path | None) -> None:
        self._cache_dir = cache_dir

    def code(self, source: bytes, path: str) -> CodeType:
        """What to execute; raises `Untranslatable` with the file's own line where one is known."""
        name = Path(path).name
        text = self._cached(source)
        if text is None:
            text = _translated(source, name)
            self._keep(source, text)
        try:
            tree = ast.parse(text, path)
            return compile(adapted(tree), path, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None)
            raise Untranslatable(name, line, f"does not translate: {error}") from error

    def _place(self, source: bytes) -> Path | None:
        if self._cache_dir is None:
            return None
        made_by = f"{version('fissix')} {' '.join(_FIXERS)}\0".encode()
        return self._cache_dir / f"{hashlib.sha256(made_by + source).hexdigest()}.py"

    def _cached(self, source: bytes) -> str | None:
        place = self._place(source)
        try:
            return place.read_text("utf-8") if place is not None else None
        except (OSError, UnicodeDecodeError):
            return None

    def _keep(self, source: bytes, text: str) -> None:
        place = self._place(source)
        if place is None:
            return
        unfinished = place.with_suffix(f".{os.getpid()}.tmp")
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(text, "utf-8")
            unfinished.replace(place)
        except OSError:
            logging.getLogger(__name__).warning("can't cache the translation in %s", place.parent)


def _translated(source: bytes, name: str) -> str:
    """Python 3 source with the same lines, as far as fissix keeps them."""
    # Imported here, because most hosts never need it.
    from fissix.pgen2.parse import ParseError
    from fissix.pgen2.tokenize import TokenError

    text = _decoded(source, name)
    tool = _tool()
    tool.fixer_log.clear()
    try:
        result = str(tool.refactor_string(text if text.endswith("\n") else text + "\n", name))
    except ParseError as error:
        line = error.context[1][0] if error.context else None
        raise Untranslatable(
            name, line, _syntax_error(source) or f"bad input: {error.msg}"
        ) from error
    except (TokenError, IndentationError, SyntaxError, RecursionError) as error:
        raise Untranslatable(name, getattr(error, "lineno", None), str(error)) from error
    for told in tool.fixer_log:
        if "could not convert" in told:
            line, _, reason = told.removeprefix("Line ").partition(": ")
            raise Untranslatable(name, int(line) if line.isdigit() else None, reason or told)
    return result


def _decoded(source: bytes, name: str) -> str:
    # Python 2 took any byte in a comment or literal; without a declaration, most editors of its
    # time wrote UTF-8.
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding).replace("\r\n", "\n")
    except (SyntaxError, UnicodeDecodeError):
        try:
            return source.decode("utf-8").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = source.count(b"\n", 0, error.start) + 1
            raise Untranslatable(
                name, line, "neither declares its encoding nor is UTF-8"
            ) from error


def _syntax_error(source: bytes) -> str | None:
    """What Python 3 says about it, which is the likelier language of a fresh mistake."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError) as error:
        return f"neither Python 2 nor Python 3 ({error})"
    return None


@cache
def _tool() -> Any:
    from fissix import refactor

    logging.getLogger("RefactoringTool").setLevel(logging.CRITICAL)
    logging.getLogger("fissix").setLevel(logging.ERROR)
    return refactor.RefactoringTool(_fixers(_FIXERS))


def _fixers(names: Iterable[str]) -> list[str]:
    return [f"fissix.fixes.fix_{name}" for name in names]
