"""The vendors whose phones are answered, by the name that stands in their URLs."""

from collections.abc import Mapping

from ..screens import Vendor
from . import snom
from .aastra import AASTRA, MITEL
from .cisco import CISCO
from .fanvil import FANVIL
from .flat import FANVIL_V2, HTEK, THOMSON, YEALINK
from .gigaset import GIGASET
from .grandstream import GRANDSTREAM
from .polycom import POLYCOM

VENDORS: Mapping[str, Vendor] = {
    vendor.name: vendor
    for vendor in (
        AASTRA,
        CISCO,
        FANVIL,
        FANVIL_V2,
        GIGASET,
        GRANDSTREAM,
        HTEK,
        MITEL,
        POLYCOM,
        snom.SNOM,
        snom.SNOM_MENU,
        THOMSON,
        YEALINK,
    )
}

_SIGNS = (
    ("aastra", AASTRA),
    ("mitel", MITEL),
    ("cisco", CISCO),
    ("allegro", CISCO),
    ("polycom", POLYCOM),
    ("snom", snom.SNOM),
    ("thomson", THOMSON),
    ("yealink", YEALINK),
    # Those below have no autodetection in XiVO.
    ("technicolor", THOMSON),
    ("htek", HTEK),
    ("fanvil", FANVIL),
    ("gigaset", GIGASET),
    ("grandstream", GRANDSTREAM),
)


def vendor_of(user_agent: str) -> Vendor | None:
    """The vendor that a ``User-Agent`` names (reference/phoned.md, A3)."""
    folded = user_agent.lower()
    found = next((vendor for sign, vendor in _SIGNS if sign in folded), None)
    return suited(found, user_agent) if found is not None else None


def suited(vendor: Vendor, user_agent: str) -> Vendor:
    """The vendor's form for this phone: Snom's depends on the firmware."""
    return snom.form_for(user_agent) if vendor is snom.SNOM else vendor
