"""What a phone is configured with: reference/provd/data-model.md, 5."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_telephony.func_keys import encode
from ovix_telephony.phone_configuration import (
    PhoneKey,
    PhoneLine,
    Place,
    RegistrarPlaces,
    document,
)

SERVICE_CODES = {
    "enablednd": "*25",
    "fwdbusy": "_*23.",
    "fwdrna": "_*22.",
    "fwdunc": "_*21.",
    "fwdundoall": "*20",
    "pickup": "_*8.",
    "vmusermsg": "*98",
    "bsfilter": "_*37.",
    "phoneprogfunckey": "_*735.",
    "agentstaticlogin": "_*31.",
}
KEY_CODES = {**SERVICE_CODES, "parkext": "700", "atxfer": "*2", "automixmon": "*3"}
REGISTRAR = RegistrarPlaces(main=Place("192.0.2.1"), proxy=Place("192.0.2.2"))


def a_line(position: int = 1, **changes: Any) -> PhoneLine:
    given: dict[str, Any] = {
        "position": position, "protocol": "SIP", "context": "default", "number": f"100{position}",
        "user_id": 42, "user_uuid": f"uuid-{position}", "registrar": REGISTRAR,
        "username": f"user{position}", "secret": "secret", "caller_id_name": "Anna",
    }  # fmt: skip
    return PhoneLine(**{**given, **changes})


def raw(*lines: PhoneLine, keys: tuple[PhoneKey, ...] = ()) -> dict[str, Any]:
    made = document(
        "d" * 32,
        template=None,
        lines=lines,
        keys=keys,
        service_codes=SERVICE_CODES,
        key_codes=KEY_CODES,
    )
    return dict(made["raw_config"])


def key(kind: str, *, blf: bool = True, number: str | None = None, **fields: Any) -> Any:
    """The value and type of a key of user 42."""
    made = PhoneKey(3, None, blf, {"type": kind, **fields}, number)
    found = raw(a_line(), keys=(made,))["funckeys"].get("3")
    return found and (found["value"], found["type"])


def test_the_document_refers_to_its_device_and_its_template() -> None:
    made = document("d1", template="lobby", lines=(), keys=(), service_codes={}, key_codes={})
    assert {name: value for name, value in made.items() if name != "raw_config"} == {
        "id": "d1", "configdevice": "lobby", "parent_ids": ["base", "lobby"], "deletable": True,
    }  # fmt: skip
    assert made["raw_config"]["X_key"] == ""
    assert made["raw_config"]["config_version"] == 1
    assert made["raw_config"]["exten_dnd"] is None


def test_codes_are_those_of_extension_features_without_their_patterns() -> None:
    extens = {name: code for name, code in raw(a_line()).items() if name.startswith("exten_")}
    assert extens == {
        "exten_dnd": "*25",
        "exten_fwd_unconditional": "*21",
        "exten_fwd_no_answer": "*22",
        "exten_fwd_busy": "*23",
        "exten_fwd_disable_all": "*20",
        "exten_park": None,
        "exten_pickup_group": None,
        "exten_pickup_call": "*8",
        "exten_voicemail": "*98",
    }


def test_lines_stand_at_their_positions() -> None:
    made = raw(a_line(2), a_line(5))
    assert set(made["sip_lines"]) == {"2", "5"}
    assert made["sip_lines"]["5"] == {
        "auth_username": "user5", "username": "user5", "password": "secret",
        "display_name": "Anna", "number": "1005",
        "registrar_ip": "192.0.2.1", "proxy_ip": "192.0.2.2",
    }  # fmt: skip
    assert "X_xivo_user_uuid" not in made, "the user is the one of position 1"
    assert raw(a_line(1))["X_xivo_user_uuid"] == "uuid-1"
    assert raw(a_line(1))["X_xivo_phonebook_profile"] == "default"


@pytest.mark.parametrize("protocol", ["SIP", "SCCP"])
def test_backups_are_told_only_with_a_backup_proxy(protocol: Any) -> None:
    backed = RegistrarPlaces(
        Place("a"), Place("b", 5070), backup=Place("c"), backup_proxy=Place("d")
    )
    without = RegistrarPlaces(Place("a"), Place("b"), backup=Place("c"))
    made, plain = (raw(a_line(protocol=protocol, registrar=each)) for each in (backed, without))
    if protocol == "SCCP":
        assert made["sccp_call_managers"] == {"1": {"ip": "b"}, "2": {"ip": "d"}}
        assert plain["sccp_call_managers"] == {"1": {"ip": "b"}}
        assert "sip_lines" not in made
    else:
        line = made["sip_lines"]["1"]
        assert (line["backup_registrar_ip"], line["backup_proxy_ip"]) == ("c", "d")
        assert line["proxy_port"] == 5070
        assert not any("backup" in name for name in plain["sip_lines"]["1"])
    assert made["protocol"] == protocol


@pytest.mark.parametrize(
    ("kind", "given", "watched"),
    [
        ("user", {"number": "1005"}, ("1005", "blf")),
        ("user", {"number": None}, None),
        ("group", {"number": "2000"}, ("2000", "speeddial")),
        ("queue", {"number": "3000"}, ("3000", "speeddial")),
        ("conference", {"number": "4000"}, ("4000", "blf")),
        ("service", {"service": "enablednd"}, ("*73542***225", "blf")),
        ("service", {"service": "vmusermsg"}, ("*98", "speeddial")),
        ("service", {"service": "incallfilter"}, None),
        ("forward", {"forward": "busy"}, ("*73542***223", "blf")),
        ("forward", {"forward": "unconditional", "exten": "1002"}, ("*73542***221*1002", "blf")),
        ("forward", {"forward": "noanswer", "exten": "*98"}, ("*73542***222***398", "blf")),
        ("agent", {"agent_id": 5, "action": "login"}, ("*73542***231***35", "blf")),
        ("transfer", {"transfer": "attended"}, ("*2", "speeddial")),
        ("park_position", {"position": 701}, ("701", "blf")),
        ("parking", {}, ("700", "park")),
        ("bsfilter", {"filter_member_id": 7}, ("*377", "blf")),
        ("onlinerec", {}, ("*3", "speeddial")),
        ("custom", {"exten": "0123;\n45"}, ("012345", "blf")),
    ],
)
def test_keys_dial_what_the_table_says(kind: str, given: Any, watched: Any) -> None:
    """The table of destinations; a key that leads nowhere is left out."""
    assert key(kind, **given) == watched
    if watched is not None and watched[1] == "blf":
        assert key(kind, blf=False, **given) == (watched[0], "speeddial")


@pytest.mark.parametrize(
    ("parts", "dialled"),
    [
        ((42, "*25"), "*73542***225"),
        ((12, "_*21.", "1002"), "*73512***221*1002"),
        ((12, "_*31.", "*5"), "*73512***231***35"),
        ((12, "_*21.", None), "*73512***221"),
        ((12, "_*21.", ""), "*73512***221"),
        ((12, "", "*5"), "*73512***25"),
    ],
)
def test_a_programmed_key_counts_the_parts_that_are_there(parts: Any, dialled: str) -> None:
    """``*`` of part number n is ``**n``; empty parts neither stand nor count."""
    assert encode("_*735.", parts) == dialled


@given(label=st.text(max_size=30), exten=st.text(st.sampled_from("0*;\n\r\t"), min_size=1))
def test_labels_and_values_hold_nothing_that_a_file_could_not(label: str, exten: str) -> None:
    made = PhoneKey(1, label, False, {"type": "custom", "exten": exten})
    for found in raw(a_line(4), keys=(made,))["funckeys"].values():
        assert not set("\n\r\t;") & set(found["label"] + found["value"])
        assert found["line"] == 4
