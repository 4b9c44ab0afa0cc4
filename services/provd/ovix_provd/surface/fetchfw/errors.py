"""What goes wrong with firmware packages."""


class FetchfwError(Exception):
    """The reason is for operators."""


class InvalidDatabase(FetchfwError):
    """The description of a plugin's packages makes no sense."""


class PackageNotFound(FetchfwError):
    """There is no such package, or it is not installed."""


class InProgress(FetchfwError):
    """The same package is being installed or removed right now."""


class DownloadFailed(FetchfwError):
    """A file can't be had, or is not the one that was described."""


class InstallFailed(FetchfwError):
    """An archive or a step of an installation is not as described."""
