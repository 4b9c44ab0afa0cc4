"""extensions_fallbacks.conf: what the dialplan can do while agid has no answer.

Phones ring by what is written here, and help is called (docs/dialplan.md, "When agid can't
answer"). Nothing else of a user or a route is known to Asterisk's files.
"""

import re
from collections.abc import Iterable

from ovix_telephony.emergency import emergency_numbers
from ovix_telephony.interfaces import SUFFIX

from ovix_confgen.conf_text import Unwritable, interface, object_name
from ovix_confgen.rows import Route, RouteTrunk, Unsupported, UserFallback

FILE = "extensions_fallbacks.conf"
_DIGITS = re.compile(r"[0-9*#+]{0,64}")
_COUNTRY = re.compile(r"[A-Za-z]{2}")


def render_users_head() -> str:
    """The context the users follow in."""
    return "[xivo-fallback-users]\n"


def render_user(user: UserFallback) -> tuple[str, list[Unsupported]]:
    """The user's interfaces and uuid, under the number that is the user's id."""
    interfaces: list[str] = []
    ignored: list[Unsupported] = []
    for candidate in user.interfaces:
        try:
            interfaces.append(interface(candidate))
        except Unwritable as reason:
            name = f"user {user.user_id}"
            ignored.append(Unsupported(FILE, name, "interface", candidate, str(reason)))
    return (
        f"exten = {user.user_id},1,Set(XIVO_FALLBACK_INTERFACE={'&'.join(interfaces)})\n"
        f" same = n,Set(XIVO_DST_UUID={user.user_uuid})\n"
        " same = n,Return()\n"
    ), ignored


def render_routes(
    routes: Iterable[Route], extra_numbers: Iterable[str] = ()
) -> tuple[str, list[Unsupported]]:
    """Per dial pattern the trunks for emergency calls; per country the emergency numbers."""
    extra = tuple(number for number in extra_numbers if _DIGITS.fullmatch(number) and number)
    countries: set[str] = set()
    lines = ["\n[xivo-emergency-routes]\n"]
    ignored: list[Unsupported] = []
    for route in routes:
        country = route.country.upper() if _COUNTRY.fullmatch(route.country) else "FR"
        countries.add(country)
        trunks, unusable = _trunks(route)
        ignored += unusable
        if not trunks:
            continue  # agid may know one
        prefix = route.external_prefix or ""
        if not _DIGITS.fullmatch(prefix):
            name = f"route {route.id}"
            ignored.append(Unsupported(FILE, name, "external_prefix", prefix, "is no number"))
            prefix = ""
        arguments = f"${{ARG1}},{route.strip_digits},{prefix},{emergency_context(country)}"
        lines.append(f"exten = {route.id},1,Gosub(xivo-emergency-number,s,1({arguments}))\n")
        lines.append(" same = n,Set(XIVO_EMERGENCY_NUMBER=${GOSUB_RETVAL})\n")
        # Of any other number the trunks are what agid has said.
        lines.append(" same = n,GotoIf($[${LEN(${XIVO_EMERGENCY_NUMBER})} = 0]?done)\n")
        lines += trunks
        lines.append(" same = n(done),Return()\n")
    for country in sorted(countries):
        lines.append(f"\n[{emergency_context(country)}]\n")
        lines += [f"exten = {number},1,Return()\n" for number in emergency_numbers(country, extra)]
    return "".join(lines), ignored


def emergency_context(country: str) -> str:
    """Name of the context that holds the emergency numbers of a country."""
    return f"xivo-emergency-{country}"


def _trunks(route: Route) -> tuple[list[str], list[Unsupported]]:
    lines: list[str] = []
    ignored: list[Unsupported] = []
    index = 0
    for trunk in route.trunks:
        try:
            technology, number, suffix = _dialled_through(trunk)
        except Unwritable as reason:
            shown = trunk.endpoint or trunk.interface or ""
            ignored.append(Unsupported(FILE, f"route {route.id}", "trunk", shown, str(reason)))
            continue
        lines += [
            f" same = n,Set(XIVO_INTERFACE{index}={technology})\n",
            f" same = n,Set(XIVO_TRUNKEXTEN{index}={number})\n",
            f" same = n,Set(XIVO_TRUNKSUFFIX{index}={suffix})\n",
        ]
        index += 1
    if not lines:
        return lines, ignored
    # The list ends here, whatever an earlier question left on the channel.
    lines.append(f" same = n,Set(XIVO_INTERFACE{index}=)\n")
    return lines, ignored


def _dialled_through(trunk: RouteTrunk) -> tuple[str, str, str]:
    """Technology, number and suffix as agid gives them (reference/agid.md 11.1)."""
    if trunk.endpoint:
        return "PJSIP", f"${{XIVO_EMERGENCY_NUMBER}}@{object_name(trunk.endpoint)}", ""
    suffix = trunk.suffix or ""
    if suffix and not re.fullmatch(SUFFIX, suffix):
        raise Unwritable("has a suffix that is none")
    return interface(trunk.interface or ""), "${XIVO_EMERGENCY_NUMBER}", suffix
