"""kea-dhcp4.conf: ``Dhcp4`` of Kea (Kea Administrator Reference Manual, 8 and 15)."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from ovix_confgen.dhcp.network import Plan
from ovix_confgen.dhcp.vendors import (
    SIP_SERVERS,
    VENDOR,
    VENDOR_CLASSES,
    Addresses,
    Condition,
    Ends,
    Identified,
    Is,
    Made,
    Starts,
    UserClassEnds,
    VendorClass,
    told,
)

Json: TypeAlias = dict[str, Any]
FILE_NAME, CUSTOM_FILE = "kea-dhcp4.conf", "kea.json"
PHONES = "ovix-phones"
SUBNET_ID = 1
_RAW_VENDOR_OPTIONS = {"name": "vendor-encapsulated-options", "code": VENDOR, "type": "binary"}
_IDENTIFIER, _USER_CLASS = "option[60]", "option[77]"


def render(plan: Plan, hooks_directory: str, custom: Mapping[str, Any]) -> str:
    """The whole file, with the operator's own part merged into it."""
    made: Json = {
        "interfaces-config": {"interfaces": list(plan.interfaces) or ["*"]},
        "lease-database": {"type": "memfile", "lfc-interval": 3600},
        "valid-lifetime": plan.lease_s,
        "max-valid-lifetime": max(plan.lease_s, 86400),
        "client-classes": [*(_class(each, plan.addresses) for each in VENDOR_CLASSES), _phones()],
        "option-data": list(_options(plan)),
        "subnet4": [_subnet(plan)] if plan.active else [],
        "hooks-libraries": _hooks(plan.hook, hooks_directory) if plan.hook else [],
    }
    return json.dumps({"Dhcp4": merged(made, custom)}, indent=2) + "\n"


def merged(ours: Json, theirs: Mapping[str, Any]) -> Json:
    """Theirs over ours: objects key by key, lists one after the other, anything else replaced.

    A subnet of theirs with the id of one of ours is merged into it.
    """
    result = dict(ours)
    for key, value in theirs.items():
        before = result.get(key)
        if isinstance(before, dict) and isinstance(value, Mapping):
            result[key] = merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            result[key] = _joined(before, value)
        else:
            result[key] = value
    return result


def _joined(ours: list[Any], theirs: list[Any]) -> list[Any]:
    known = {each["id"]: index for index, each in enumerate(ours) if _has_id(each)}
    result = list(ours)
    for each in theirs:
        if _has_id(each) and each["id"] in known:
            index = known[each["id"]]
            result[index] = merged(result[index], each)
        else:
            result.append(each)
    return result


def _has_id(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), int)


def _class(vendor_class: VendorClass, addresses: Addresses) -> Json:
    conditions = " or ".join(f"({_test(each)})" for each in vendor_class.any_of)
    exceptions = "".join(f" and not ({_test(each)})" for each in vendor_class.none_of)
    made: Json = {
        "name": f"ovix-{vendor_class.name}",
        "test": f"({conditions}){exceptions}",
        "option-data": [_option(code, each) for code, each in told(vendor_class, addresses)],
    }
    if VENDOR in vendor_class.options:
        # Some vendors' is no list of options, as Kea thinks; a class may say so (8.2.13).
        made["option-def"] = [_RAW_VENDOR_OPTIONS]
    if vendor_class.boot_file is not None:
        made["boot-file-name"] = vendor_class.boot_file
        if addresses.tftp_ip is not None:
            made["next-server"] = addresses.tftp_ip
    return made


def _phones() -> Json:
    members = (f"member('ovix-{each.name}')" for each in VENDOR_CLASSES)
    return {"name": PHONES, "test": " or ".join(members)}


def _test(condition: Condition) -> str:
    match condition:
        case Starts(text):
            return f"substring({_IDENTIFIER}.hex, 0, {len(text)}) == {_literal(text)}"
        case Is(text):
            return f"{_IDENTIFIER}.hex == {_literal(text)}"
        case Ends(text):
            return f"substring({_IDENTIFIER}.hex, -{len(text)}, all) == {_literal(text)}"
        case UserClassEnds(text):
            return f"substring({_USER_CLASS}.hex, -{len(text)}, all) == {_literal(text)}"
        case Made(prefix):
            written = "0x" + prefix.replace(":", "")
            return f"pkt4.htype == 1 and substring(pkt4.mac, 0, 3) == {written}"
        case Identified():
            return f"{_IDENTIFIER}.exists"


def _option(code: int, value: str | bytes) -> Json:
    """Its bytes, so that it does not matter which type this release of Kea thinks it has."""
    return {
        "code": code,
        "csv-format": False,
        "data": _literal(value) if isinstance(value, str) else value.hex().upper(),
    }


def _literal(text: str) -> str:
    if text.isprintable() and "'" not in text:
        return f"'{text}'"
    return "0x" + text.encode().hex().upper()


def _options(plan: Plan) -> Iterator[Json]:
    for name, addresses in (
        ("routers", plan.routers),
        ("domain-name-servers", plan.name_servers),
        ("ntp-servers", plan.time_servers),
    ):
        if addresses:
            yield {"name": name, "data": ", ".join(str(each) for each in addresses)}
    if plan.sip_servers:
        yield _option(SIP_SERVERS, b"\1" + b"".join(each.packed for each in plan.sip_servers))


def _subnet(plan: Plan) -> Json:
    assert plan.pool is not None
    pool: Json = {"pool": f"{plan.pool[0]} - {plan.pool[1]}"}
    if not plan.any_client:
        pool["client-class"] = PHONES
    return {"id": SUBNET_ID, "subnet": str(plan.network), "pools": [pool]}


def _hooks(hook: str, directory: str) -> list[Json]:
    library = f"{directory}/libdhcp_run_script.so"
    return [{"library": library, "parameters": {"name": hook, "sync": False}}]
