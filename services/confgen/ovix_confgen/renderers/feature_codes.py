"""The context xivo-features: what is dialled for a service (reference/asterisk.md 1.3).

What stands behind a code is cut off where the code ends, however long an administrator made it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ovix_telephony.extensions import InvalidExtension, stored_extension
from ovix_telephony.patterns import argument_offset, clean_feature_code

from ovix_confgen.conf_text import comment
from ovix_confgen.rows import Feature, Unsupported

CONTEXT = "xivo-features"


@dataclass(frozen=True)
class Service:
    """What a code runs: a context of the library, or an application."""

    context: str = ""
    arguments: str = ""
    """``{rest}`` stands for what was dialled behind the code, ``{code}`` for the code."""
    application: str = ""
    also_bare: bool = False
    """Whether a code with an argument may be dialled without one."""


SERVICES: dict[str, Service] = {
    "autoprov": Service("autoprov"),
    "bsfilter": Service("bsfilter", "{rest}"),
    "callrecord": Service("callrecord"),
    "directoryaccess": Service("directoryaccess", "${CONTEXT}"),
    "enablednd": Service("enablednd"),
    "enablevm": Service("enablevm"),
    "enablevmslt": Service("enablevm", "{rest}"),
    "fwdbusy": Service("feature_forward", "busy,{rest}", also_bare=True),
    "fwdrna": Service("feature_forward", "rna,{rest}", also_bare=True),
    "fwdunc": Service("feature_forward", "unc,{rest}", also_bare=True),
    "fwdundoall": Service("fwdundoall"),
    "incallfilter": Service("incallfilter"),
    "phoneprogfunckey": Service("phoneprogfunckey", "{code},{rest}"),
    "phonestatus": Service("phonestatus"),
    "pickup": Service(application="Pickup({rest}%${{CONTEXT}}@PICKUPMARK)"),
    "recsnd": Service("recsnd", "wav"),
    "vmboxmsgslt": Service("vmboxmsg", "{rest}"),
    "vmboxslt": Service("vmbox", "{rest}"),
    "vmusermsg": Service("vmusermsg"),
    "vmuserslt": Service("vmuser", "{rest}"),
}
"""By ``feature_codes.feature``.

``calluser`` and its like (a user by id) are left out for good: the id of another entity's user is
as easy to dial as one's own colleague's.
"""

FILE = "extensions_contexts.conf"


def render(features: Iterable[Feature]) -> tuple[str, list[Unsupported]]:
    """The context with all enabled codes, and those that lead nowhere yet."""
    lines = [f"[{CONTEXT}]\n"]
    ignored: list[Unsupported] = []
    taken: set[str] = set()
    for feature in features:
        service = SERVICES.get(feature.feature)
        if service is None:
            lines.append(comment(f"{feature.feature}: not served yet"))
            ignored.append(_ignored(feature, "is not served yet"))
            continue
        try:
            extension = stored_extension(feature.exten)
        except InvalidExtension as reason:
            lines.append(comment(f"{feature.feature}: {reason}"))
            ignored.append(_ignored(feature, str(reason)))
            continue
        for exten in _extensions(extension, service):
            if exten in taken:
                ignored.append(_ignored(feature, f"{exten} is the code of another service"))
                continue
            taken.add(exten)
            lines.append(_lines(exten, service))
    lines.append("\n")
    return "".join(lines), ignored


def _extensions(exten: str, service: Service) -> Iterable[str]:
    yield exten
    bare = clean_feature_code(exten)
    if service.also_bare and bare != exten:
        yield bare


def _lines(exten: str, service: Service) -> str:
    offset = argument_offset(exten)
    # What a phone dials is text of its own choosing: only what numbers are made of goes on.
    rest = f"${{FILTER(0-9A-Za-z*#+,${{EXTEN:{offset}}})}}" if exten.startswith("_") else ""
    arguments = service.arguments.replace("{rest}", rest)
    arguments = arguments.replace("{code}", clean_feature_code(exten))
    run = (
        service.application.format(rest=rest)
        if service.application
        else f"Gosub({service.context},s,1({arguments}))"
    )
    return (
        f"exten = {exten},1,Gosub(xivo-dialled,plain,1(${{CONTEXT}},${{EXTEN}}))\n"
        f" same = n,{run}\n"
        " same = n,Hangup()\n"
    )


def _ignored(feature: Feature, reason: str) -> Unsupported:
    return Unsupported(FILE, f"feature {feature.feature}", "exten", feature.exten, reason)
