"""Settings of the machine and its network: DHCP, mail, high availability, provisioning.

Source: reference/confd/settings-wizard-misc.md, "System settings". Storing them and announcing it
is all that happens here; who runs the DHCP or mail server follows the event.
"""

from .sections import SECTIONS

SPECS = SECTIONS
