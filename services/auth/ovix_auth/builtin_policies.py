"""The policies that Ovix brings. They are read-only: copy one to change it.

Sources: reference/auth.md, A4, A5, B3 and C8; the seven groups of rights are those of XiVO's menus
(reference/features.md, F-003 to F-005).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

XIVO_USER = "xivo_default_user_policy"
XIVO_ADMIN = "xivo_default_admin_policy"
WAZO_USER = "wazo_default_user_policy"

_CALL_CONTROL = (
    "users.me.#",
    "users.*.presences.read",
    "lines.*.presences.read",
    "transfers.*.read",
    "transfers.*.delete",
    "transfers.*.complete.update",
)

USER: tuple[str, ...] = (
    "confd.users.me.read",
    "confd.users.me.update",
    "confd.users.me.funckeys.*",
    "confd.users.me.funckeys.*.*",
    "confd.users.me.#.read",
    "confd.users.me.services.*.*",
    "confd.users.me.forwards.*.*",
    "confd.users.me.selected_device.update",
    # Call control was called ctid-ng in XiVO's days; calld accepts both names.
    *(f"ctid-ng.{each}" for each in _CALL_CONTROL),
    *(f"calld.{each}" for each in _CALL_CONTROL),
    "dird.#.me.read",
    "dird.directories.favorites.#",
    "dird.directories.lookup.*.headers.read",
    "dird.directories.lookup.*.read",
    "dird.directories.personal.*.read",
    "dird.personal.#",
    "events.calls.me",
    "events.transfers.me",
    "events.chat.message.*.me",
    "events.statuses.*",
    "events.switchboards",
    "events.users.me.#",
    "events.config.users.me.#",
    "websocketd",
    # One's own password, sessions and refresh tokens (C8).
    "auth.users.me.password.update",
    "auth.users.me.sessions.read",
    "auth.users.me.sessions.*.delete",
    "auth.users.me.tokens.read",
    "auth.users.me.tokens.*.delete",
    "events.auth.users.me.sessions.my_session.expire_soon",
    # One's own accounts at external services (C8).
    "auth.users.me.external.#",
    "events.auth.users.me.external.#",
)
"""A5, with call control under its new name too, which device of a unique account rings, and what
holders may do with their own sessions."""

_LATER_USER: tuple[str, ...] = (
    *USER,
    "confd.infos.read",
    "ctid-ng.switchboards.#",
    "calld.switchboards.#",
    "events.switchboards.#",
    "events.directory.me.#",
    "events.chat.message.*.me.*",
    "events.call_log.user.{{ uuid }}.created",
    "webhookd.users.me.subscriptions.#",
    "call-logd.users.me.cdr.read",
    "agentd.users.me.#",
    "agentd.agents.by-id.{{ agent.id }}.read",
    "agentd.agents.by-id.{{ agent.id }}.login.create",
    "agentd.agents.by-id.{{ agent.id }}.logoff.create",
    "agentd.agents.by-number.{{ agent.number }}.read",
    "agentd.agents.by-number.{{ agent.number }}.*.create",
)
"""B3: what 17.17 gives its users beside A5; the last ones only to users who are agents."""

_ADMIN: tuple[str, ...] = (
    "confd.#",
    "auth.#",
    "calld.#",
    "ctid-ng.#",
    "agentd.#",
    "amid.#",
    "provd.#",
    "confgen.#",
    "phoned.#",
    "webhookd.#",
    "events.#",
    "websocketd",
    "{% if entity is defined %}dird.tenants.{{ entity }}.#{% else %}dird.tenants.#{% endif %}",
)
"""A4 has ``confd.#`` and the phonebooks alone: XiVO's web interface used other rights for the rest.
The other services keep to the entity by the token's ``entity_id``."""


@dataclass(frozen=True, slots=True)
class BuiltinPolicy:
    """A policy of ours."""

    slug: str
    description: str
    acl: tuple[str, ...]

    @property
    def uuid(self) -> UUID:
        """The same in every installation."""
        return uuid5(NAMESPACE_URL, f"urn:ovix:policy:{self.slug}")


def _confd(*families: str) -> tuple[str, ...]:
    return tuple(f"confd.{family}.#" for family in families)


_MENUS = (
    BuiltinPolicy(
        "xivo_global_settings",
        "Global settings: entities, accounts, directories, provisioning, mail, DHCP",
        (
            *("auth.users.#", "auth.groups.#", "auth.policies.#", "auth.tenants.#"),
            *("confd.infos.read", "confd.timezones.read", "confd.ha.#", "provd.#"),
            *_confd("entities", "provisioning", "registrars", "dhcp", "emails"),
            *("dird.sources.#", "dird.backends.#", "dird.profiles.#", "dird.displays.#"),
        ),
    ),
    BuiltinPolicy(
        "xivo_ipbx_settings",
        "IPBX settings: users, lines, groups, agents, voicemails, devices",
        _confd(
            *("users", "lines", "groups", "agents", "voicemails", "devices", "endpoints"),
            *("extensions", "funckeys", "cti_profiles", "labels"),
        ),
    ),
    BuiltinPolicy(
        "xivo_call_management",
        "Call management: incoming and outgoing calls, permissions, schedules, filters, call logs",
        (
            *_confd("incalls", "outcalls", "callpermissions", "schedules", "callfilters"),
            *_confd("callpickups"),
            "confd.call_logs.read",
        ),
    ),
    BuiltinPolicy(
        "xivo_interconnections",
        "Interconnections: trunks and their registrations",
        _confd("trunks", "registers", "endpoints"),
    ),
    BuiltinPolicy(
        "xivo_ipbx_services",
        "IPBX services: feature codes, conferences, parking, paging, queues, phonebooks",
        (
            *_confd("access_features", "extensions", "conferences", "parkinglots", "pagings"),
            *_confd("queues", "switchboards", "ivr"),
            "dird.tenants.#",
            "dird.phonebooks.#",
        ),
    ),
    BuiltinPolicy(
        "xivo_ipbx_configuration",
        "IPBX configuration: contexts, general settings of Asterisk, sounds, music on hold",
        _confd("contexts", "asterisk", "sip", "sounds", "moh"),
    ),
    BuiltinPolicy(
        "xivo_control_system",
        "Control system: journal, sessions, what is to be reloaded",
        (
            *("auth.audit.#", "auth.sessions.#", "auth.tokens.#"),
            *("confd.configuration.#", "confgen.#"),
        ),
    ),
)

POLICIES: Mapping[str, BuiltinPolicy] = {
    policy.slug: policy
    for policy in (
        BuiltinPolicy(XIVO_USER, "What telephony users may do, as in XiVO 16.16", USER),
        BuiltinPolicy(XIVO_ADMIN, "What administrators of type root may do: everything", _ADMIN),
        BuiltinPolicy(WAZO_USER, "What users of auth's own may do, as in wazo 17.17", _LATER_USER),
        *_MENUS,
    )
}
"""By slug, which is the name too."""
