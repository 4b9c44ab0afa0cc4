"""SIP messages of the test phones: reading, writing and digest authentication (RFC 3261, 8760)."""

import hashlib
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

COMPACT = {
    "v": "via",
    "f": "from",
    "t": "to",
    "i": "call-id",
    "m": "contact",
    "l": "content-length",
    "c": "content-type",
    "k": "supported",
    "s": "subject",
    "o": "event",
    "u": "allow-events",
    "r": "refer-to",
}
"""Short header names (RFC 3261, 7.3.3)."""
REASONS = {
    100: "Trying",
    180: "Ringing",
    183: "Session Progress",
    200: "OK",
    202: "Accepted",
    302: "Moved Temporarily",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    486: "Busy Here",
    487: "Request Terminated",
    503: "Service Unavailable",
    600: "Busy Everywhere",
    603: "Decline",
}
PARAMETER = re.compile(r'(\w[\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))')
NAME_ADDRESS = re.compile(r'^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<([^>]*)>(.*)$')


@dataclass
class SipMessage:
    """A request or a response; headers in order, their names without regard to case."""

    start: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def parse(cls, data: bytes) -> "SipMessage":
        """Read a datagram; ValueError if it is not SIP."""
        head, _, body = data.partition(b"\r\n\r\n")
        start, *lines = head.decode(errors="replace").split("\r\n")
        if "SIP/2.0" not in start:
            raise ValueError(f"this is not SIP: {start[:60]!r}")
        headers: list[tuple[str, str]] = []
        for line in lines:
            if line[:1] in (" ", "\t") and headers:
                name, value = headers[-1]
                headers[-1] = (name, f"{value} {line.strip()}")
                continue
            name, _, value = line.partition(":")
            name = name.strip()
            headers.append((COMPACT.get(name.lower(), name), value.strip()))
        return cls(start, headers, body)

    def encode(self) -> bytes:
        """The datagram."""
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + self.body

    @property
    def is_request(self) -> bool:
        """Whether it asks rather than answers."""
        return not self.start.startswith("SIP/2.0")

    @property
    def method(self) -> str:
        """Of a request its own, of a response that of CSeq."""
        return self.start.split(" ", 1)[0] if self.is_request else self.cseq[1]

    @property
    def status(self) -> int:
        """Status code of a response."""
        return int(self.start.split(" ")[1])

    @property
    def cseq(self) -> tuple[int, str]:
        """Number and method."""
        number, _, method = self.get("CSeq").partition(" ")
        return int(number), method.strip()

    @property
    def branch(self) -> str:
        """The transaction's id, of the topmost Via."""
        found = re.search(r"branch=([^;,\s]+)", self.get("Via"))
        return found[1] if found else ""

    def get(self, name: str, default: str = "") -> str:
        """The first header of that name."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), default)

    def all(self, name: str) -> list[str]:
        """Every header of that name."""
        wanted = name.lower()
        return [value for key, value in self.headers if key.lower() == wanted]


@dataclass(frozen=True)
class Party:
    """Who a From, To, P-Asserted-Identity, Diversion or Contact header names."""

    name: str
    uri: str
    parameters: str = ""

    @classmethod
    def parse(cls, header: str) -> "Party":
        """Of ``"Name" <uri>;parameters`` or of ``uri;parameters``."""
        found = NAME_ADDRESS.match(header)
        if found is None:
            uri, _, parameters = header.strip().partition(";")
            return cls("", uri, parameters)
        quoted = re.sub(r"\\(.)", r"\1", found[1] or "")
        return cls(quoted or (found[2] or "").strip(), found[3], found[4].lstrip("; "))

    @property
    def number(self) -> str:
        """The URI's user part."""
        found = re.match(r"(?:sips?|tel):([^@;>]*)", self.uri)
        return found[1] if found else ""

    @property
    def tag(self) -> str:
        """The dialog's tag."""
        found = re.search(r"tag=([^;\s]+)", self.parameters)
        return found[1] if found else ""


def token() -> str:
    """An id nobody else has."""
    return secrets.token_hex(8)


def response(
    request: SipMessage,
    status: int,
    *,
    tag: str = "",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> SipMessage:
    """The answer to ``request`` (RFC 3261, 8.2.6)."""
    to = request.get("To")
    if tag and "tag=" not in to:
        to = f"{to};tag={tag}"
    answered = [("Via", via) for via in request.all("Via")]
    answered += [("Record-Route", route) for route in request.all("Record-Route")]
    answered += [
        ("From", request.get("From")),
        ("To", to),
        ("Call-ID", request.get("Call-ID")),
        ("CSeq", request.get("CSeq")),
    ]
    reason = REASONS.get(status, "Answer")
    return SipMessage(f"SIP/2.0 {status} {reason}", [*answered, *headers], body)


def credentials(challenge: str, *, method: str, uri: str, username: str, secret: str) -> str:
    """The value of (Proxy-)Authorization for a Digest challenge (RFC 8760 over RFC 3261, 22.4)."""
    found: Mapping[str, str] = {
        name.lower(): quoted or bare for name, quoted, bare in PARAMETER.findall(challenge)
    }
    algorithm = found.get("algorithm", "MD5")

    def digest(text: str) -> str:
        name = "sha256" if algorithm.upper() == "SHA-256" else "md5"
        return hashlib.new(name, text.encode()).hexdigest()

    realm, nonce = found["realm"], found["nonce"]
    first = digest(f"{username}:{realm}:{secret}")
    second = digest(f"{method}:{uri}")
    answer = {"username": username, "realm": realm, "nonce": nonce, "uri": uri}
    if "auth" in found.get("qop", ""):
        cnonce, count = token(), "00000001"
        answer["response"] = digest(f"{first}:{nonce}:{count}:{cnonce}:auth:{second}")
        answer["cnonce"] = cnonce
        unquoted = f", qop=auth, nc={count}, algorithm={algorithm}"
    else:
        answer["response"] = digest(f"{first}:{nonce}:{second}")
        unquoted = f", algorithm={algorithm}"
    if "opaque" in found:
        answer["opaque"] = found["opaque"]
    return "Digest " + ", ".join(f'{name}="{value}"' for name, value in answer.items()) + unquoted
