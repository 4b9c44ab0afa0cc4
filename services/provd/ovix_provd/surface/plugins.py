"""``provd.plugins``: what plugins are made of."""

from .fetchfw.helper import FetchfwPluginHelper
from .phonebook import (
    add_wazo_phoned_user_service_url,
    add_xivo_phonebook_url,
    add_xivo_phonebook_url_from_format,
)
from .plugin import Plugin, StandardPlugin
from .templates import TemplatePluginHelper

__all__ = [
    "FetchfwPluginHelper",
    "Plugin",
    "StandardPlugin",
    "TemplatePluginHelper",
    "add_wazo_phoned_user_service_url",
    "add_xivo_phonebook_url",
    "add_xivo_phonebook_url_from_format",
]
