"""The one shared PostgreSQL schema of Ovix.

``Table.metadata`` holds every table; ``migrations/`` brings a database to it. Each table names the
only service that writes it in ``Table.info["owner"]``.
"""

from .access import Account, AccountPolicy, LoginFailure, Policy, Token
from .declarative import Table
from .func_keys import FuncKey, FuncKeyTemplate, UserFuncKeyTemplate
from .installation import Installation
from .journal import CallLog, Cel, CelSpool, LiveCall
from .lines import (
    Device,
    EndpointCustom,
    EndpointSccp,
    EndpointSip,
    Line,
    LineExtension,
    UserLine,
)
from .messaging import BusDeadLetter, BusMessage, BusQueue, ConsumedEvent, OutboxMessage
from .numbering import (
    CONTEXT_TYPES,
    RANGE_KINDS,
    Context,
    ContextInclusion,
    ContextRange,
    Entity,
    Extension,
    FeatureCode,
)
from .people import DialAction, User
from .permissions import (
    CallPermission,
    Schedule,
    SchedulePeriod,
    UserCallPermission,
    UserSchedule,
)
from .provisioning import Registrar
from .routing import (
    EndpointIax,
    Outcall,
    OutcallCallPermission,
    OutcallExtension,
    OutcallSchedule,
    OutcallTrunk,
    Trunk,
)
from .settings import AccessFeature, CtiProfile, Setting
from .sip import EndpointSipTemplate, SipTemplate, SipTemplateParent, SipTransport
from .voicemails import Voicemail, VoicemailZone

__all__ = [
    "CONTEXT_TYPES",
    "RANGE_KINDS",
    "AccessFeature",
    "Account",
    "AccountPolicy",
    "BusDeadLetter",
    "BusMessage",
    "BusQueue",
    "CallLog",
    "CallPermission",
    "Cel",
    "CelSpool",
    "ConsumedEvent",
    "Context",
    "ContextInclusion",
    "ContextRange",
    "CtiProfile",
    "Device",
    "DialAction",
    "EndpointCustom",
    "EndpointIax",
    "EndpointSccp",
    "EndpointSip",
    "EndpointSipTemplate",
    "Entity",
    "Extension",
    "FeatureCode",
    "FuncKey",
    "FuncKeyTemplate",
    "Installation",
    "Line",
    "LineExtension",
    "LiveCall",
    "LoginFailure",
    "OutboxMessage",
    "Outcall",
    "OutcallCallPermission",
    "OutcallExtension",
    "OutcallSchedule",
    "OutcallTrunk",
    "Policy",
    "Registrar",
    "Schedule",
    "SchedulePeriod",
    "Setting",
    "SipTemplate",
    "SipTemplateParent",
    "SipTransport",
    "Table",
    "Token",
    "Trunk",
    "User",
    "UserCallPermission",
    "UserFuncKeyTemplate",
    "UserLine",
    "UserSchedule",
    "Voicemail",
    "VoicemailZone",
]
