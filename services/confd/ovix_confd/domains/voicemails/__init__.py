"""Voicemail boxes. Source: reference/confd/voicemails.md."""

from .resource import VOICEMAIL_USERS, VOICEMAILS

SPECS = (VOICEMAILS, VOICEMAIL_USERS)

__all__ = ["SPECS", "VOICEMAILS"]
