"""Every question agid can answer."""

from collections.abc import Mapping

from ..call import Handler
from ..ring_types import RingRules
from .call_filters import callfilter
from .incoming_names import callerid_forphones
from .incoming_numbers import callerid_extend, in_callerid
from .monitoring import monitoring
from .outcalls import outgoing_user_set_features
from .phone_features import phone_get_features
from .phone_keys import phone_progfunckey, phone_progfunckey_devstate
from .phone_services import fwdundoall, phone_set_feature
from .provisioning import provision
from .rights import user_set_call_rights
from .rings import ring_handlers
from .schedules import check_schedule
from .users import incoming_user_set_features
from .voicemails import user_get_vmbox, vmbox_get_info


def handlers(ring_rules: RingRules) -> Mapping[str, Handler]:
    """The handlers by the name the dialplan asks for."""
    return {
        handler.name: handler
        for handler in (
            incoming_user_set_features,
            outgoing_user_set_features,
            user_set_call_rights,
            check_schedule,
            *ring_handlers(ring_rules),
            in_callerid,
            callerid_extend,
            callerid_forphones,
            user_get_vmbox,
            vmbox_get_info,
            phone_get_features,
            phone_set_feature,
            fwdundoall,
            phone_progfunckey,
            phone_progfunckey_devstate,
            callfilter,
            provision,
            monitoring,
        )
    }


__all__ = ["handlers"]
