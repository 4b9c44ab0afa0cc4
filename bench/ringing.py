"""INVITE → 180: how much longer a phone takes to ring because Ovix was asked about the call.

``ovix up`` runs whole, with a real Asterisk; two phones of our own lie on the same machine. The
floor is the same call by a line of dialplan that dials the phone and asks nobody.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from ovix_testkit.integrator import Integrator
from ovix_testkit.office import registered_phone
from ovix_testkit.phones import Phone
from ovix_testkit.stack import Stack

from bench.harness import Figure, show

CALLS = 100
PAUSE_S = 0.1
"""Between two calls: what Ovix still does with the one before is not part of the next."""
DIRECT = "*9999"
"""Answered by no feature code; an integrator's own line of dialplan."""


async def _ring_times(
    caller: Phone, callee: Phone, number: str, *, pause_s: float = PAUSE_S
) -> list[float]:
    taken = []
    for _ in range(CALLS):
        started_at = time.perf_counter()
        call = await caller.call(number)
        incoming = await callee.incoming()
        await incoming.ring()
        await call.ringing()
        taken.append(time.perf_counter() - started_at)
        await call.hangup()
        await incoming.ended()
        await asyncio.sleep(pause_s)
    return sorted(taken)


def _figure(name: str, taken: list[float], floor: list[float] | None = None) -> Figure:
    median = taken[len(taken) // 2]
    return Figure(
        name,
        per_second=1 / median,
        median_ms=median * 1000,
        p99_ms=taken[int(len(taken) * 0.99)] * 1000,
        ratio=None if floor is None else median / floor[len(floor) // 2],
    )


def _added_ms(taken: list[float], floor: list[float]) -> float:
    return (taken[len(taken) // 2] - floor[len(floor) // 2]) * 1000


async def main() -> None:
    """Measure both ways, alternating, and print what AGI adds."""
    with tempfile.TemporaryDirectory() as directory:
        async with Stack(Path(directory)) as ovix:
            admin = Integrator(ovix, await ovix.token())
            await admin.confd("POST", "/entities", {"name": "acme"})
            await admin.context("default")
            alice = await admin.person("Alice", "1001")
            bruno = await admin.person("Bruno", "1002")
            extra = ovix.home / "asterisk-run" / "etc" / "extensions_extra.d"
            (extra / "bench.conf").write_text(
                f"[default]\nexten = {DIRECT},1,Dial(PJSIP/{bruno.sip_username},30)\n"
            )
            await admin.confd("POST", "/extensions", {"exten": "1003", "context": "default"})
            server = ("127.0.0.1", ovix.ports["sip"])
            async with (
                Phone(server, alice.sip_username, alice.sip_secret) as caller,
                Phone(server, bruno.sip_username, bruno.sip_secret) as callee,
            ):
                await registered_phone(caller)
                await registered_phone(callee)
                await asyncio.sleep(2)  # the dialplan is read again
                await _ring_times(caller, callee, "1002")  # warm
                floor = await _ring_times(caller, callee, DIRECT)
                asked = await _ring_times(caller, callee, "1002")
                busy_floor = await _ring_times(caller, callee, DIRECT, pause_s=0)
                busy = await _ring_times(caller, callee, "1002", pause_s=0)
            await admin.close()
    show(
        f"INVITE → 180, {CALLS} calls each",
        [
            _figure("Dial alone", floor),
            _figure("a user, with AGI", asked, floor),
            _figure("Dial alone, no pause between calls", busy_floor),
            _figure("a user, with AGI, no pause", busy, busy_floor),
        ],
    )
    print(f"  AGI adds {_added_ms(asked, floor):.1f} ms (median)")
    print(f"  AGI adds {_added_ms(busy, busy_floor):.1f} ms (median) where calls follow at once")


if __name__ == "__main__":
    asyncio.run(main())
