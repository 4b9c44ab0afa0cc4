"""The rules of identification, and a server that no request breaks."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ovix_provd.phones.files import OpenFile
from ovix_provd.phones.http_files import Conditions, content_type, file_answer
from ovix_provd.phones.identification import (
    Known,
    Named,
    Refusal,
    completed,
    matched,
    named_in,
    outdated,
    refusal,
    told,
)
from ovix_provd.phones.quotas import Creations, Quota
from ovix_provd.plugins import HttpRequest, TftpRequest

from .phones_office import AWAY, HOME, MAC, OTHER, PhonesOffice

NAMED = Named()
KEYS = ("mac", "sn", "uuid", "vendor", "model", "version", "ip")
macs = st.binary(min_size=6, max_size=6).map(lambda each: each.hex(":"))
documents = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(["a", "b", MAC, HOME]))


def a_request(uri: bytes, body: bytes = b"") -> HttpRequest:
    return HttpRequest(HOME, b"GET", uri, (), body)


def known(**document: Any) -> Known:
    return Known(str(document.get("id", "x")), document)


@given(macs, st.sampled_from(["", ":", "-", "_"]), st.booleans(), st.text("xyz/", max_size=5))
def test_a_file_named_after_a_device_is_recognised(
    mac: str, between: str, upper: bool, before: str
) -> None:
    text = mac.replace(":", between)
    name = f"{before}{text.upper() if upper else text}.cfg".encode()
    assert mac in named_in(TftpRequest(HOME, 1, name)).macs
    assert mac in named_in(a_request(b"/" + name)).macs
    encoded = b"".join(b"%%%02x" % each for each in name)
    assert mac in named_in(a_request(b"/" + encoded)).macs
    assert mac in named_in(a_request(b"/x?y=" + name)).macs
    assert mac in named_in(a_request(b"/x", name)).macs


@given(macs, st.integers(0, 300))
def test_a_device_s_name_can_not_hide_among_others(mac: str, digits: int) -> None:
    name = b"a" * digits + b"/../" + mac.replace(":", "").encode() + b".cfg"
    named = named_in(TftpRequest(HOME, 1, name))
    assert named.too_many or mac in named.macs


def test_what_names_a_device_goes_before_its_address() -> None:
    by_mac = known(id="1", mac=MAC, ip=AWAY)
    by_sn, by_uuid = known(id="2", sn="s"), known(id="3", uuid="u")
    by_ip = known(id="4", ip=HOME)
    everybody = [by_ip, by_uuid, by_sn, by_mac]
    info = {"mac": MAC, "sn": "s", "uuid": "u", "ip": HOME}
    for expected in (by_mac, by_sn, by_uuid, by_ip):
        assert matched(info, everybody) is expected
        everybody.remove(expected)
    assert matched(info, everybody) is None


def test_an_address_decides_only_for_one_that_does_not_contradict() -> None:
    info = {"ip": HOME, "vendor": "Acme", "model": "T1"}
    plain, same = known(id="1", ip=HOME), known(id="2", ip=HOME, vendor="Acme")
    other = known(id="3", ip=HOME, vendor="Beta")
    assert matched(info, [plain, other]) is plain
    assert matched(info, [plain, same]) is None
    assert matched({**info, "mac": MAC}, [known(id="4", ip=HOME, mac=OTHER)]) is None


@given(documents, documents)
def test_what_is_known_stays_but_for_address_and_version(
    document: dict[str, str], info: dict[str, str]
) -> None:
    found = completed(document, info)
    for key in KEYS:
        current = key in ("ip", "version") and key in info
        assert found.get(key) == (info[key] if current else document.get(key, info.get(key)))
    assert completed(found, info) == found


@given(st.dictionaries(st.sampled_from([*KEYS, "other"]), st.text(max_size=300)))
def test_only_what_a_document_can_hold_is_told(extracted: dict[str, str]) -> None:
    for key, value in told(extracted, HOME).items():
        assert key in KEYS
        assert value.isprintable()
        assert 0 < len(value) <= 255


def test_an_account_is_served_at_one_address() -> None:
    phone = known(id="1", mac=MAC, ip=HOME, config="1")
    waiting = known(id="1", mac=MAC, ip=HOME, config="autoprov7")
    gone = known(id="1", mac=MAC, config="1", remote_state_sip_username="zoe")
    new = known(id="1", mac=MAC, config="1")
    holder = known(id="2", mac=OTHER, ip=AWAY, config="2")

    def why(device: Known, ip: str | None, *others: Known, **options: bool) -> Refusal | None:
        info = {"mac": MAC, **({"ip": ip} if ip else {})}
        rules = {"strict": True, "shared_addresses": False, **options}
        return refusal(device, info, [device, *others], NAMED, **rules)

    assert why(phone, HOME) is None
    assert why(phone, AWAY) is Refusal.ELSEWHERE
    assert why(phone, None) is Refusal.ELSEWHERE
    assert why(phone, AWAY, strict=False) is None
    assert why(waiting, AWAY) is None
    assert why(gone, AWAY) is Refusal.ELSEWHERE
    assert why(new, AWAY) is None
    assert why(new, AWAY, holder) is Refusal.ADDRESS_OF_ANOTHER
    assert why(new, AWAY, holder, shared_addresses=True) is None
    assert outdated("1", {"ip": AWAY}, [phone, holder]) == [holder]


def test_a_phone_without_a_mac_does_not_get_the_file_of_another_one_without() -> None:
    theirs = known(id="1", uuid="theirs", ip=HOME, config="1")
    mine = known(id="2", uuid="mine", ip=AWAY, config="2")
    asked = Named(uuids=("theirs",))
    rules = {"strict": True, "shared_addresses": False}
    assert refusal(mine, {"ip": AWAY}, [theirs, mine], asked, **rules) is Refusal.FILE_OF_ANOTHER
    assert refusal(theirs, {"ip": HOME}, [theirs, mine], asked, **rules) is None


def test_quotas_begin_anew_with_each_period() -> None:
    time = [0.0]
    creations = Creations(Quota(2, 3, 1, 60), lambda: time[0])
    assert [creations.take(HOME, nameless=False) for _ in range(3)] == [True, True, False]
    assert creations.take(AWAY, nameless=True)
    assert not creations.take("10.0.0.9", nameless=False)
    time[0] = 60
    assert creations.take(HOME, nameless=True)
    assert not creations.take(AWAY, nameless=True)


@given(st.binary(max_size=40), st.sampled_from(["range", "none_match", "modified_since"]))
def test_no_condition_breaks_an_answer(value: bytes, header: str) -> None:
    with open("/dev/null", "rb") as content:  # noqa: PTH123 - its size is told
        answer = file_answer(OpenFile(content, 10, 1e9), b"x.cfg", Conditions(**{header: value}))
    assert answer.status in (200, 206, 304, 416)
    assert 0 <= answer.start <= answer.start + answer.length <= 10


@given(st.binary(max_size=60))
def test_every_name_has_a_type(name: bytes) -> None:
    assert content_type(name).isascii()


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
async def test_no_request_breaks_the_server(office: PhonesOffice, data: st.DataObject) -> None:
    head = data.draw(
        st.one_of(
            st.binary(max_size=300),
            st.builds(
                lambda path, agent: b"GET /" + path + b" HTTP/1.1\r\nUser-Agent: " + agent,
                st.binary(max_size=60), st.binary(max_size=60),
            ),
        )
    )  # fmt: skip
    port = office.app.state.phones.http_port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + b"\r\nConnection: close\r\n\r\n")
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 60)
    writer.close()
    await writer.wait_closed()
    assert not answer or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 2"))
    assert b"HTTP/1.1 500" not in answer
