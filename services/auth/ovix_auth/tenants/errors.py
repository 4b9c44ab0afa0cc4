"""What is refused about tenants (reference/auth.md, C4; spelt as there)."""

from ..errors import ObjectError


class OfTenants(ObjectError):
    """An error about a tenant."""

    resource = "tenants"


class TenantIdentityConflict(OfTenants):
    """The uuid or the slug is another tenant's."""

    status = 409
    template = 'The {column} "{value}" is already used'


class ForbiddenTenantDeletion(OfTenants):
    """The token's own one."""

    status = 403
    template = 'Forbidden deletion of tenant "{uuid}": it is your own'


class ForbiddenTenantMove(OfTenants):
    """The token's own one: it would leave what its holder reaches."""

    status = 403
    template = 'Forbidden move of tenant "{uuid}": it is your own'


class MasterTenantDuplicate(OfTenants):
    """A tenant that were its own parent would be a second master."""

    status = 403
    template = 'The tenant "{uuid}" can not be its own parent'


class TenantHasChildren(OfTenants):
    """Others lie below it."""

    status = 400
    template = 'The tenant "{uuid}" has tenants below it'


class TenantInUse(OfTenants):
    """Users, contexts or other things belong to it."""

    status = 400
    template = 'The tenant "{uuid}" is still used ({by})'


class TenantCircle(OfTenants):
    """The new parent lies below the tenant."""

    status = 400
    template = 'The tenant "{parent_uuid}" lies below "{uuid}"'
