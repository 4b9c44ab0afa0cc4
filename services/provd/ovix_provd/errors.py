"""What provd refuses; clients get the reason as plain text (reference/provd/rest-api.md, 1)."""

from ovix_web import ApiError, InvalidRequest
from ovix_web.errors import Unavailable

from .media import MEDIA_TYPE


class NoSuchResource(ApiError):
    """The document, plugin, parameter or operation of the path is not there."""

    status = 404
    template = "No such resource"


class Refused(InvalidRequest):
    """The request can't be done as it is."""

    template = "{message}"


class NotDeletable(ApiError):
    """A configuration that the installation stands on."""

    status = 403
    template = "config {id} is not deletable"


class WrongMediaType(ApiError):
    """The body is of another kind than JSON."""

    status = 415
    template = f'Entity must be in media type "{MEDIA_TYPE}".'


class NotAcceptable(ApiError):
    """The client takes nothing that can be answered."""

    status = 406
    template = f'You must accept the "{MEDIA_TYPE}" media type.'


class NoServer(ApiError):
    """Nobody said where indexes and archives are."""

    template = "no plugin server is set: set the parameter plugin_server"


class CorruptedIndex(ApiError):
    """The index that was downloaded is none."""

    template = "{reason}"


class PluginFailed(ApiError):
    """A plugin can't tell what it has."""

    template = "{reason}"


class WrongArchiveType(ApiError):
    """What was sent is no archive."""

    status = 415
    template = "The body must be a tar.bz2 archive, of the type {types}."


class PluginsComing(Unavailable):
    """No plugin knows the phone yet, but one that may is being put in."""

    template = "Service unavailable - plugins are being installed"
