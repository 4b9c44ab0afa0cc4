"""``/0.1/backends/saml``: the SAML provider of an entity (reference/auth.md, C3).

A caller bound to an entity sees and changes that entity's. Others name one by ``?tenant_uuid=``, or
mean the one that is of no entity and lets in users of all.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Literal
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from ovix_schema import SamlConfig, SamlDomain
from ovix_web import Operation
from ovix_web.bodies import Schema, partial_of, text
from ovix_web.work import Work
from pydantic import AfterValidator, Field
from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert
from starlette.responses import Response

from ..domains import another_entitys
from ..entities import chosen_entity
from ..errors import Conflict, InvalidData, ObjectError
from ..identity_provider import is_protected
from ..listing import uuid_of_tenant
from .messages import SigningKey
from .metadata import METADATA_MAX, BadMetadata, Provider, our_metadata, provider_of, sls_url
from .names import ANY_FORMAT, EMAIL_FORMAT

RESOURCE = "saml"


class UnknownSamlConfig(ObjectError):
    """The entity has no SAML provider."""

    status = 404
    resource = RESOURCE
    template = "No SAML provider is configured"


def _domain(name: str) -> str:
    return name.strip().rstrip(".").lower()


DomainName = Annotated[
    str,
    Field(max_length=253, pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+$"),
    AfterValidator(_domain),
]


class SamlConfigCreate(Schema):
    """A provider, and what Ovix is called there."""

    metadata: Annotated[str, text(METADATA_MAX, 1)] = Field(
        description="The provider's metadata, XML: its addresses and certificates"
    )
    entity_id: Annotated[str, text(1024, 1)] | None = Field(
        None, description="What the provider calls Ovix, SAML's entityID; the acs_url when absent"
    )
    acs_url: Annotated[str, text(2048, 1)] | None = Field(
        None, description="The public URL of /saml/acs; that of acs_url_template when absent"
    )
    domain_names: list[DomainName] = Field(
        [], max_length=100, description="Whose people log in here; of one provider alone"
    )
    user_attribute: Annotated[str, text(512, 1)] | None = Field(
        None, description="The attribute that names the user; the NameID when null"
    )
    user_field: Literal["email", "username", "uuid"] = Field(
        "email", description="What of a user that must be"
    )


SamlConfigUpdate = partial_of(SamlConfigCreate)


class Certificate(Schema):
    """A certificate whose signatures are believed."""

    subject: str
    not_after: str
    sha256: str


class SamlConfigRead(Schema):
    """A provider as it is used."""

    uuid: UUID
    tenant_uuid: UUID | None
    entity_id: str
    acs_url: str
    sls_url: str
    domain_names: list[str]
    user_attribute: str | None
    user_field: str
    idp_entity_id: str
    idp_sso_url: str
    idp_slo_url: str | None
    idp_certificates: list[Certificate]


class AcsUrlTemplate(Schema):
    """Where responses are to be sent."""

    acs_url_template: str


async def _condition(work: Work) -> ColumnElement[bool]:
    """Which configuration the caller means."""
    named = work.query.get("tenant_uuid")
    try:
        tenant = UUID(named) if named else None
    except ValueError as error:
        raise InvalidData(RESOURCE, "tenant_uuid: not a uuid") from error
    entity_id = await chosen_entity(work, RESOURCE, None, tenant)
    return SamlConfig.entity_id.is_not_distinct_from(entity_id)


async def _meant(work: Work, *, locked: bool = False) -> SamlConfig:
    wanted = select(SamlConfig).where(await _condition(work))
    found = await work.session.scalar(wanted.with_for_update() if locked else wanted)
    if found is None:
        raise UnknownSamlConfig
    return found


async def _shown(work: Work, config: SamlConfig) -> dict[str, Any]:
    provider = provider_of(config.idp_metadata)
    domains = await work.session.scalars(
        select(SamlDomain.name)
        .where(SamlDomain.config_uuid == config.uuid)
        .order_by(SamlDomain.name)
    )
    tenant_uuid = await work.session.scalar(
        select(uuid_of_tenant(SamlConfig.entity_id.expression)).where(
            SamlConfig.uuid == config.uuid
        )
    )
    return {
        "uuid": config.uuid,
        "tenant_uuid": tenant_uuid,
        "entity_id": config.sp_entity_id,
        "acs_url": config.acs_url,
        "sls_url": sls_url(config.acs_url),
        "domain_names": domains.all(),
        "user_attribute": config.user_attribute,
        "user_field": config.user_field,
        "idp_entity_id": provider.entity_id,
        "idp_sso_url": provider.sso_url,
        "idp_slo_url": provider.slo_url,
        "idp_certificates": [_shown_certificate(each) for each in provider.certificates],
    }


def _shown_certificate(certificate: x509.Certificate) -> dict[str, str]:
    return {
        "subject": certificate.subject.rfc4514_string(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "sha256": certificate.fingerprint(SHA256()).hex(":"),
    }


def _template(work: Work) -> str:
    told = work.request.app.state.settings.saml_acs_url_template
    return str(told or f"{work.base_url}/saml/acs")


def _read(work: Work, metadata: str) -> Provider:
    try:
        provider = provider_of(metadata)
    except BadMetadata as error:
        raise InvalidData(RESOURCE, f"metadata: {error}") from error
    if provider.wants_signed_requests and work.request.app.state.saml_key is None:
        raise InvalidData(
            RESOURCE, "metadata: the provider wants signed requests; set OVIX_AUTH_SAML_KEY_FILE"
        )
    return provider


def _must_be_ours(acs_url: str) -> None:
    if not is_protected(acs_url) or not acs_url.endswith("/acs") or "?" in acs_url:
        raise InvalidData(RESOURCE, "acs_url: must be an https:// URL that ends with /acs")


async def get_saml_config(work: Work) -> Any:
    """The caller's."""
    return await _shown(work, await _meant(work))


async def create_saml_config(work: Work) -> Any:
    """One of an entity that has none."""
    body = await work.body(SamlConfigCreate)
    condition = await _condition(work)
    provider = _read(work, body.metadata)
    acs_url = body.acs_url or _template(work)
    _must_be_ours(acs_url)
    named = work.query.get("tenant_uuid")
    entity_id = await chosen_entity(work, RESOURCE, None, UUID(named) if named else None)
    uuid = await work.session.scalar(
        insert(SamlConfig)
        .values(
            entity_id=entity_id,
            sp_entity_id=body.entity_id or acs_url,
            acs_url=acs_url,
            idp_entity_id=provider.entity_id,
            idp_metadata=body.metadata,
            user_attribute=body.user_attribute,
            user_field=body.user_field,
        )
        .on_conflict_do_nothing()
        .returning(SamlConfig.uuid)
    )
    if uuid is None:
        raise Conflict(resource=RESOURCE, column="tenant_uuid", value=named or "")
    await _store_domains(work, uuid, entity_id, body.domain_names)
    config = await work.session.scalar(select(SamlConfig).where(condition))
    assert config is not None, "just made"
    return await _shown(work, config)


async def edit_saml_config(work: Work) -> Any:
    """What the body names."""
    body = await work.body(SamlConfigUpdate)
    given = body.model_dump(exclude_unset=True)
    config = await _meant(work, locked=True)
    for name in ("metadata", "domain_names", "user_field"):
        if name in given and given[name] is None:
            raise InvalidData(RESOURCE, f"{name}: may not be null")
    if "metadata" in given:
        config.idp_entity_id = _read(work, given["metadata"]).entity_id
        config.idp_metadata = given["metadata"]
    if "acs_url" in given:
        config.acs_url = given["acs_url"] or _template(work)
        _must_be_ours(config.acs_url)
    if "entity_id" in given:
        config.sp_entity_id = given["entity_id"] or config.acs_url
    for name in ("user_attribute", "user_field"):
        if name in given:
            setattr(config, name, given[name])
    await work.session.flush()
    if "domain_names" in given:
        await _store_domains(work, config.uuid, config.entity_id, given["domain_names"])
    return await _shown(work, config)


async def delete_saml_config(work: Work) -> None:
    """Nobody of the entity logs in by SAML any more; tokens live on until their end."""
    config = await _meant(work, locked=True)
    await work.session.delete(config)


async def _store_domains(
    work: Work, config_uuid: UUID, entity_id: int | None, names: Iterable[str]
) -> None:
    """These and no others; 409 for one of another provider or entity."""
    wanted = sorted(set(names))
    taken = await another_entitys(work.session, wanted, entity_id)
    if taken is not None:
        raise Conflict(resource=RESOURCE, column="domain_names", value=taken)
    await work.session.execute(
        delete(SamlDomain).where(
            SamlDomain.config_uuid == config_uuid, SamlDomain.name.not_in(wanted)
        )
    )
    for name in wanted:
        await work.session.execute(
            insert(SamlDomain).values(name=name, config_uuid=config_uuid).on_conflict_do_nothing()
        )
        holder = await work.session.scalar(
            select(SamlDomain.config_uuid).where(SamlDomain.name == name)
        )
        if holder != config_uuid:
            raise Conflict(resource=RESOURCE, column="domain_names", value=name)


async def get_saml_metadata(work: Work) -> Response:
    """The XML to register Ovix at the provider with."""
    config = await _meant(work)
    key: SigningKey | None = work.request.app.state.saml_key
    by_email = config.user_attribute is None and config.user_field == "email"
    xml = our_metadata(
        config.sp_entity_id,
        config.acs_url,
        (EMAIL_FORMAT,) if by_email else (ANY_FORMAT,),
        key.certificate if key else None,
    )
    return Response(xml, media_type="application/samlmetadata+xml")


async def get_acs_url_template(work: Work) -> Any:
    """Before there is a configuration too: a provider asks for this URL first."""
    return {"acs_url_template": _template(work)}


_PATH = "/backends/saml"
_TENANT = {"tenant_uuid": "Of which entity; without it the caller's, or the one of no entity"}
_CONFLICT = {"responses": {"409": {"description": "Conflict"}}}
_NOT_FOUND = {"404": {"description": "Not Found"}}
_UNKNOWN = {"responses": _NOT_FOUND}
_XML = {
    "responses": {
        **_NOT_FOUND,
        "200": {
            "description": "The metadata",
            "content": {"application/samlmetadata+xml": {"schema": {"type": "string"}}},
        },
    }
}

OPERATIONS = (
    Operation(
        "GET", _PATH, "get_saml_config", get_saml_config, ("auth.backends.saml.read",),
        answer=SamlConfigRead, query=_TENANT, described=_UNKNOWN,
        summary="The SAML provider of an entity",
    ),
    Operation(
        "POST", _PATH, "create_saml_config", create_saml_config, ("auth.backends.saml.create",),
        status=201, body=SamlConfigCreate, answer=SamlConfigRead, query=_TENANT,
        body_example={"metadata": "<md:EntityDescriptor …", "domain_names": ["example.org"]},
        described=_CONFLICT, summary="Let an entity's users log in at a SAML provider",
    ),
    Operation(
        "PUT", _PATH, "edit_saml_config", edit_saml_config, ("auth.backends.saml.update",),
        body=SamlConfigUpdate, answer=SamlConfigRead, query=_TENANT,
        described={"responses": {**_NOT_FOUND, **_CONFLICT["responses"]}},
        summary="Change what the body names",
    ),
    Operation(
        "DELETE", _PATH, "delete_saml_config", delete_saml_config, ("auth.backends.saml.delete",),
        status=204, query=_TENANT, described=_UNKNOWN, summary="Forget the provider",
    ),
    Operation(
        "GET", f"{_PATH}/metadata", "get_saml_metadata", get_saml_metadata,
        ("auth.backends.saml.metadata.read",), query=_TENANT, described=_XML,
        summary="What the provider has to know of Ovix, as XML",
    ),
    Operation(
        "GET", f"{_PATH}/acs_url_template", "get_acs_url_template", get_acs_url_template,
        ("auth.backends.saml.acs_url_template.read",), answer=AcsUrlTemplate,
        summary="Where the provider has to send its responses",
    ),
)  # fmt: skip
"""What is routed."""
