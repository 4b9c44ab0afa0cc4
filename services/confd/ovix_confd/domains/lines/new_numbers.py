"""``POST /lines/{id}/extensions``: gives a line a number that is there, or makes one for it.

XiVO's body names the extension, by ``extension_id``; that of its successors describes a new one.
"""

from dataclasses import replace
from typing import Annotated

from orjson import Fragment
from pydantic import RootModel

from ...kit import Id, Operation, Schema, Work, text
from ..extensions import EXTENSIONS
from ..extensions.schemas import Exten, ExtensionCreate, ExtensionRead
from .extensions import LINE_EXTENSION_POST, LINE_EXTENSIONS, LineExtensionRead
from .resource import LINES


class NumberOfLine(Schema):
    """Either ``extension_id``, or ``exten`` and ``context`` of an extension to create."""

    extension_id: Id | None = None
    exten: Exten | None = None
    context: Annotated[str, text(39)] | None = None
    commented: bool | None = None
    enabled: bool | None = None


class NumberOfLineRead(RootModel[LineExtensionRead | ExtensionRead]):
    """The link of line and extension; or the extension, where it is a new one."""


async def _post(work: Work) -> object:
    body = await work.body(NumberOfLine)
    if body.exten is None or body.extension_id is not None:
        return await LINE_EXTENSION_POST.does(work)
    values = (await work.body(ExtensionCreate)).model_dump()
    line = await LINES.find(work, work.path[LINES.parameter_name])
    extension = await EXTENSIONS.make(work, values)
    both = await LINE_EXTENSIONS.both(work, line.id, extension.id)
    await LINE_EXTENSIONS.associate(work, *both)
    await work.session.flush()
    work.headers["Location"] = f"{work.base_url}{EXTENSIONS.path}/{extension.id}"
    return Fragment(await EXTENSIONS.shown(work, extension.id))


NEW_NUMBER: Operation = replace(
    LINE_EXTENSION_POST,
    does=_post,
    body=NumberOfLine,
    answer=NumberOfLineRead,
    deprecated=False,
)
