"""Errors of the API, with XiVO's error ids (reference/calls.md 4.1): the class name is the id."""

from ovix_web import ApiError, Unavailable


class NoSuchCall(ApiError):
    status = 404
    template = "No such call"


class NoSuchLine(ApiError):
    status = 404
    template = "No such line"


class UserPermissionDenied(ApiError):
    status = 403
    template = "User has no permission to handle this call"


class TokenWithUserUuidRequired(ApiError):
    status = 400
    template = "A valid token with a user UUID is required"


class InvalidUser(ApiError):
    status = 400
    template = "User {user} does not exist"


class InvalidUserLine(ApiError):
    status = 400
    template = "User {user} has no such line"


class UserMissingMainLine(ApiError):
    status = 400
    template = "User {user} has no main line"


class InvalidExtension(ApiError):
    status = 400
    template = "Extension {exten}@{context} does not exist"


class CallOriginUnavailable(ApiError):
    status = 400
    template = "The phone of line {line_id} is not registered"


class CallCreation(ApiError):
    status = 400
    template = "Call creation error: {reason}"


class InvalidData(ApiError):
    status = 400
    template = "Invalid data: {message}"


class AsteriskUnreachable(Unavailable):
    template = "Asterisk can't be reached, try again"
