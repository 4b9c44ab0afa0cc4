"""Readers of vendors' formats, as strict as the strictest phone: each setting once, nothing else.

Each gives the settings of a file by their names; raises ValueError where it is malformed.
"""

import json
import re
import struct
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

Settings = dict[str, str]


def assignments(content: str) -> Settings:
    """``name = value`` to the end of the line; ``#`` begins a comment."""
    return _unique(
        _divided(line, "=")
        for line in content.splitlines()
        if line.strip() and not line.startswith("#")
    )


def yealink(content: str) -> Settings:
    """Assignments below a version line; the line of passwords stands once for each account."""
    if not content.startswith("#!version:1.0.0.1\n"):
        raise ValueError("not a version")
    accounts = re.subn(r"(?m)^(static\.security\.user_password) = ([^:\n]*):", r"\1 = ", content)
    numbers = iter(range(accounts[1]))
    return assignments(
        re.sub(
            r"(?m)^static\.security\.user_password =",
            lambda found: f"static.security.user_password.{next(numbers)} =",
            accounts[0],
        )
    )


def xml(content: str) -> Settings:
    """Elements by their path and attributes, with their text; attributes by name too.

    A label says nothing about which element it is: it is a text of people.
    """
    found: Settings = {}
    root = ElementTree.fromstring(content)

    def walk(element: ElementTree.Element, above: str) -> None:
        attributes = ",".join(
            f"{key}={value}" for key, value in element.attrib.items() if key != "label"
        )
        path = f"{above}/{element.tag}[{attributes}]" if attributes else f"{above}/{element.tag}"
        for key, value in element.attrib.items():
            _add(found, f"{path}@{key}", value)
        text = (element.text or "").strip()
        if len(element) == 0:
            _add(found, path, text)
        elif text:
            raise ValueError(f"text beside elements: {text!r}")
        for child in element:
            if (child.tail or "").strip():
                raise ValueError(f"text beside elements: {child.tail!r}")
            walk(child, path)

    walk(root, "")
    return found


def json_document(content: str) -> Settings:
    """Values by their path."""
    found: Settings = {}

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a name twice in an object")
        return dict(pairs)

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, f"{path}/{key}")
        elif isinstance(value, list):
            for number, item in enumerate(value):
                walk(item, f"{path}/{number}")
        else:
            found[path] = str(value)

    walk(json.loads(content, object_pairs_hook=unique), "")
    return found


def fanvil(content: str) -> Settings:
    """Modules of ``name :value``, between the version and the end mark."""
    lines = [line.rstrip() for line in content.splitlines() if line.strip()]
    if not re.fullmatch(r"<<VOIP CONFIG FILE>>Version:\d+\.\d+", lines[0]):
        raise ValueError(f"not a version: {lines[0]!r}")
    if lines[-1] != "<<END OF FILE>>":
        raise ValueError("it has no end")
    module, pairs = "", []
    for line in lines[1:-1]:
        if opened := re.fullmatch(r"<([A-Z]+ CONFIG MODULE)>", line):
            module = opened[1]
        elif not re.fullmatch(r"--.*--\s*:", line):
            name, value = _divided(line, ":")
            pairs.append((f"{module}/{name}", value))
    return _unique(pairs)


def pem(content: str) -> Settings:
    """Certificates and keys, by their number; nothing between them."""
    block = re.compile(r"-----BEGIN ([A-Z ]+)-----\n([A-Za-z0-9+/=\n]+)-----END \1-----\n")
    blocks = block.findall(content)
    if not blocks or block.sub("", content):
        raise ValueError("not PEM")
    return {f"{number} {label}": body for number, (label, body) in enumerate(blocks)}


def aastra(content: str) -> Settings:
    """``name: value``; ``#`` begins a comment, but in a value in double quotes."""
    pairs = []
    for line in content.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, value = _divided(line, ":")
        if not re.fullmatch(r"[a-z0-9][a-z0-9 -]*", name):
            raise ValueError(f"not a name: {name!r}")
        if value.startswith('"'):
            if not re.fullmatch(r'"[^"]*"', value):
                raise ValueError(f"not a quoted text: {value!r}")
            value = value[1:-1]
        elif "#" in value:
            raise ValueError(f"a comment behind a value: {value!r}")
        pairs.append((name, value))
    return _unique(pairs)


def commands(content: str) -> Settings:
    """Lines of words, some in double quotes: these by the other words, in which block, which time.

    Indentation opens a block, as the vendor's own listings show it.
    """
    found: Settings = {}
    blocks: list[tuple[int, str]] = []
    for number, line in enumerate(content.splitlines()):
        if not line.strip() or line.startswith("#"):
            continue
        if not re.fullmatch(r' *(?:(?:"[^"\\]*"|[^\s"\\]+) ?)+', line):
            raise ValueError(f"not a command: {line!r}")
        depth = len(line) - len(line.lstrip(" "))
        texts = re.findall(r'"([^"]*)"', line)
        command = re.sub(r'"[^"]*"', '""', line.strip())
        blocks = [block for block in blocks if block[0] < depth] + [(depth, command)]
        path = f"{number} " + "/".join(name for _, name in blocks)
        for place, text in enumerate(texts or [""]):
            _add(found, f"{path} {place}", text)
    return found


def attributes(content: str) -> Settings:
    """XML whose parameters are attributes; in which element they stand says nothing."""
    root = ElementTree.fromstring(content)
    if any((text or "").strip() for part in root.iter() for text in (part.text, part.tail)):
        raise ValueError("text between elements")
    return _unique(pair for element in root.iter() for pair in element.attrib.items())


def directory(content: str) -> Settings:
    """A contact's elements, by the contact's number."""
    items = ElementTree.fromstring(content).findall("./item_list/item")
    return _unique(
        (f"{number} {field.tag}", field.text or "")
        for number, item in enumerate(items)
        for field in item
    )


def named(content: str) -> Settings:
    """XML of elements with a name (``name``, ``ID``, else the tag) and a value.

    A symbol's value is a number or, in double quotes, a text.
    """
    found: Settings = {}
    for element in ElementTree.fromstring(content).iter():
        if (element.text or "").strip():
            raise ValueError(f"text in {element.tag}")
        if "value" not in element.attrib:
            continue
        value = element.attrib["value"]
        if element.tag == "SYMB_ITEM":
            if not re.fullmatch(r'"[^"]*"|0x[0-9a-f]+', value):
                raise ValueError(f"not a value of a symbol: {value!r}")
            value = value.strip('"')
        _add(found, element.attrib.get("name") or element.attrib.get("ID") or element.tag, value)
    return found


def grandstream(content: bytes) -> Settings:
    """The binary form: length and checksum in words, MAC, two line ends, URL-encoded values."""
    if len(content) % 2 or struct.unpack(">I", content[:4])[0] * 2 != len(content):
        raise ValueError("not its length")
    if sum(struct.unpack(f">{len(content) // 2}H", content)) % 0x10000:
        raise ValueError("not its checksum")
    if content[12:16] != b"\r\n\r\n":
        raise ValueError("no end of the header")
    body = content[16:].rstrip(b"\0").decode("ascii")
    return _unique(parse_qsl(body, keep_blank_values=True, strict_parsing=True))


READERS: dict[str, Callable[[str], Settings]] = {
    "assignments": assignments,
    "yealink": yealink,
    "xml": xml,
    "json": json_document,
    "fanvil": fanvil,
    "pem": pem,
    "aastra": aastra,
    "commands": commands,
    "attributes": attributes,
    "directory": directory,
    "named": named,
}


def read(name: str, content: bytes, formats: dict[str, str], encoding: str = "UTF-8") -> Settings:
    """The settings of a file, by the reader that the form names for it."""
    kinds = [kind for pattern, kind in formats.items() if fnmatchcase(name, pattern)]
    if not kinds:
        raise ValueError(f"the form names no format for {name}")
    if kinds[0] == "grandstream":
        return grandstream(content)
    return READERS[kinds[0]](content.decode(encoding))


def _divided(line: str, mark: str) -> tuple[str, str]:
    name, found, value = line.partition(mark)
    if not found or not name.strip():
        raise ValueError(f"not a setting: {line!r}")
    return name.strip(), value.strip()


def _unique(pairs: Any) -> Settings:
    found: Settings = {}
    for name, value in pairs:
        _add(found, name, value)
    return found


def _add(found: Settings, name: str, value: str) -> None:
    if name in found:
        raise ValueError(f"{name} twice")
    found[name] = value
