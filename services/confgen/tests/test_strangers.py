"""What somebody without a password gets from a real Asterisk of both releases."""

from typing import Any

import pytest
from ovix_testkit.phones import CallFailed, Phone
from ovix_testkit.phones_sip import SipMessage, token

pytestmark = pytest.mark.asterisk


def a_phone(exchange: Any, name: str, address: str) -> Phone:
    """A phone of that name at that address; it has no password."""
    return Phone(("127.0.0.1", exchange.settings.sip_port), name, "", host=address)


async def status_of_a_message(phone: Phone, number: str) -> int:
    """What a chat text to a number is answered with."""
    uri = f"sip:{number}@{phone.domain}"
    text = SipMessage(
        f"MESSAGE {uri} SIP/2.0",
        [
            ("Via", phone.via()),
            ("Max-Forwards", "70"),
            ("From", f"{phone.identity};tag={token()}"),
            ("To", f"<{uri}>"),
            ("Call-ID", token()),
            ("CSeq", "1 MESSAGE"),
            ("Content-Type", "text/plain"),
        ],
        b"Hello",
    )
    answer = await phone.request(text, phone.registrar)
    return answer.status


@pytest.mark.parametrize(
    ("name", "address", "number"),
    [("carrier", "127.0.0.9", "60001"), ("door", "127.0.0.8", "1001")],
)
async def test_a_device_without_a_password_is_known_by_its_address_and_not_by_its_name(
    exchange: Any, name: str, address: str, number: str
) -> None:
    async with a_phone(exchange, name, "127.0.0.7") as stranger:
        call = await stranger.call(number)
        with pytest.raises(CallFailed) as failure:
            await call.answered()
        assert failure.value.status == 401
    async with a_phone(exchange, "0612345678", address) as known:
        call = await known.call(number)
        await call.answered()  # by a prompt: nobody is there


async def test_a_chat_text_runs_nothing_of_the_dialplan(exchange: Any) -> None:
    async with a_phone(exchange, "door", "127.0.0.8") as door:
        assert await status_of_a_message(door, "1001") == 404


async def test_no_device_is_everybodys_by_the_name_it_bears(exchange: Any) -> None:
    """Asterisk gives calls of strangers to a device called anonymous."""
    shown = await exchange.asterisk.cli("module show like endpoint_identifier_anonymous")
    assert "0 modules loaded" in shown
