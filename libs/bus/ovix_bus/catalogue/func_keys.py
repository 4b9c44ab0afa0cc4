"""Templates of function keys, and whom they are given to.

Source: reference/confd/events.md, "Lines, endpoints, extensions, devices". XiVO tells nobody that a
user got a template or lost it; hints and phones depend on it, so here there are events for it.
"""

from ..shapes import ResourceId, UserResource, life, link


class UserFuncKeyTemplate(UserResource):
    """A user and a template of function keys."""

    template_id: int


func_key_template_created, func_key_template_edited, func_key_template_deleted = life(
    "func_key_template", "config.funckey.template", ResourceId
)
func_key_template_associated, func_key_template_dissociated = link(
    "func_key_template",
    "config.users.{user_uuid}.funckeys.templates",
    UserFuncKeyTemplate,
    "A user and a template of function keys",
)
