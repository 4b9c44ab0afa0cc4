"""TFTP services of plugins (reference/provd/http-tftp.md, 2.1)."""

from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, TypedDict

from ...below import resolved_below
from .packet import ERR_FNF, ERR_UNDEF, Packet


class TFTPRequest(TypedDict):
    """A read request: who asks, for what, and the device that was found for it."""

    address: tuple[str, int]
    packet: Packet
    prov_dev: dict[str, Any] | None


class Readable(Protocol):
    """What a phone is sent."""

    def read(self, size: int, /) -> bytes:
        """The next bytes; fewer only at the end."""

    def close(self) -> None:
        """No more is needed."""


class TFTPResponse(Protocol):
    """Takes one answer; a second raises ValueError."""

    def accept(self, file: Readable) -> None:
        """Send a file, and close it."""

    def reject(self, errcode: bytes, errmsg: bytes | str) -> None:
        """Answer an error: its code in two bytes."""

    def ignore(self) -> None:
        """Answer nothing."""


class TFTPFileService:
    """The files below a directory."""

    def __init__(self, path: str) -> None:
        self.root = Path(path)

    def handle_read_request(self, request: TFTPRequest, response: TFTPResponse) -> None:
        """Send the file of that name; one that lies elsewhere is refused."""
        name: bytes | str = request["packet"]["filename"]
        text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
        path = resolved_below(self.root, text.lstrip("/"))
        if path is None:
            response.reject(ERR_FNF, b"Invalid filename")
            return
        try:
            file = path.open("rb") if path.is_file() else None
        except OSError:
            file = None
        if file is None:
            response.reject(ERR_FNF, b"File not found")
        else:
            response.accept(file)


class TFTPNullService:
    """Refuses everything."""

    def __init__(self, errcode: bytes = ERR_UNDEF, errmsg: bytes | str = "") -> None:
        self.errcode, self.errmsg = errcode, errmsg

    def handle_read_request(self, request: TFTPRequest, response: TFTPResponse) -> None:
        """Answer the one error there is."""
        response.reject(self.errcode, self.errmsg)


class TFTPStringService:
    """Sends the same text whatever is asked for."""

    def __init__(self, msg: bytes | str) -> None:
        self.content = msg.encode() if isinstance(msg, str) else msg

    def handle_read_request(self, request: TFTPRequest, response: TFTPResponse) -> None:
        """Send it."""
        response.accept(BytesIO(self.content))
