"""Bodies of lines."""

from typing import Annotated

from pydantic import Field

from ...kit import Link, NullMeansDefault, Schema, partial_of, text
from ...relations import ExtensionRelation, UserRelation
from ..users.schemas import CustomOfLine, SccpOfLine, SipOfLine


class LineCreate(Schema):
    """A line to create; its caller id can be set once it has an endpoint."""

    context: Annotated[str, text(39)]
    provisioning_code: Annotated[str, Field(pattern=r"^[0-9]{6}$"), NullMeansDefault()] = ""
    position: Annotated[int, Field(ge=1, le=2**31 - 1), NullMeansDefault()] = 1
    caller_id_name: Annotated[str, Field(pattern=r'^[^\x00\r\n"]*$', max_length=80)] | None = None
    caller_id_num: Annotated[str, Field(pattern=r"^[0-9]{1,40}$")] | None = None
    registrar: Annotated[str, text(128), NullMeansDefault()] = "default"


LineUpdate = partial_of(LineCreate)


class LineRead(Schema):
    """A line."""

    id: int
    name: str | None
    protocol: str | None
    context: str
    provisioning_code: str
    provisioning_extension: str
    position: int
    device_slot: int
    device_id: str | None
    caller_id_name: str | None
    caller_id_num: str | None
    registrar: str
    endpoint_sip: SipOfLine | None
    endpoint_sccp: SccpOfLine | None
    endpoint_custom: CustomOfLine | None
    extensions: list[ExtensionRelation]
    users: list[UserRelation]
    links: list[Link]
