"""Every name that packages take from the server, under both names that they have for it."""

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ovix_provd import surface

PACKAGES = ("provd", "wazo_provd")

# Reference provd-plugin-surface.txt, 1, 2, 24 and 26: what packages import and use of it.
NAMES = """
devices.config: RawConfigError
devices.ident: RequestType RequestType.HTTP RequestType.TFTP RequestType.DHCP DHCPRequest
devices.pgasso: BasePgAssociator BasePgAssociator.__init__ BasePgAssociator.associate
devices.pgasso: NO_SUPPORT IMPROBABLE_SUPPORT UNKNOWN_SUPPORT PROBABLE_SUPPORT INCOMPLETE_SUPPORT
devices.pgasso: COMPLETE_SUPPORT FULL_SUPPORT
devices.pgasso: DeviceSupport.NONE DeviceSupport.IMPROBABLE DeviceSupport.UNKNOWN
devices.pgasso: DeviceSupport.PROBABLE DeviceSupport.PROBABLE.value DeviceSupport.INCOMPLETE
devices.pgasso: DeviceSupport.COMPLETE DeviceSupport.EXACT
plugins: Plugin StandardPlugin StandardPlugin.__init__ TemplatePluginHelper FetchfwPluginHelper
plugins: add_xivo_phonebook_url add_xivo_phonebook_url_from_format
plugins: add_wazo_phoned_user_service_url
plugins: Plugin.IS_PLUGIN Plugin.id Plugin.services Plugin.http_service Plugin.tftp_service
plugins: Plugin.http_dev_info_extractor Plugin.tftp_dev_info_extractor
plugins: Plugin.dhcp_dev_info_extractor Plugin.pg_associator Plugin.info Plugin.load Plugin.close
plugins: Plugin.configure_common Plugin.configure Plugin.deconfigure Plugin.synchronize
plugins: Plugin.get_remote_state_trigger_filename Plugin.is_sensitive_filename
plugins: TemplatePluginHelper.get_template TemplatePluginHelper.get_dev_template
plugins: TemplatePluginHelper.dump TemplatePluginHelper.render
plugins: FetchfwPluginHelper.new_downloaders FetchfwPluginHelper.new_handlers
plugins: FetchfwPluginHelper.new_downloaders_from_handlers FetchfwPluginHelper.services
plugins: FetchfwPluginHelper.install FetchfwPluginHelper.uninstall FetchfwPluginHelper.upgrade
plugins: FetchfwPluginHelper.list_installable FetchfwPluginHelper.list_installed
servers.http: HTTPNoListingFileService HTTPHookService HTTPHookService.__init__
servers.http_site: Request Request.getHeader Request.setHeader Request.setResponseCode
servers.tftp.packet: Packet ERR_UNDEF ERR_FNF ERR_ACCESS
servers.tftp.service: TFTPFileService TFTPNullService TFTPStringService TFTPRequest
services: JsonConfigPersister JsonConfigPersister.params JsonConfigPersister.update
services: PersistentConfigureServiceDecorator PersistentConfigurationServiceDecorator
services: InvalidParameterError
synchronize: standard_sip_synchronize get_sync_service
tzinform: get_timezone_info TimezoneNotFoundError Time Time.as_seconds Time.as_minutes
tzinform: Time.as_hours Time.as_hms week_start_on_monday
tzinform: TextTimezoneInfoDB TextTimezoneInfoDB.get_timezone_info
tzinform: DefaultTimezoneInfoDB DefaultTimezoneInfoDB.get_timezone_info
util: norm_mac format_mac norm_uuid is_normed_uuid norm_ip to_ip
"""


def _named() -> Iterator[tuple[str, str]]:
    for line in NAMES.strip().splitlines():
        module, _, names = line.partition(": ")
        yield from ((module, name) for name in names.split())


def _value(module: str, name: str) -> Any:
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


@pytest.fixture(autouse=True, scope="module")
def installed() -> None:
    surface.install()


@pytest.mark.parametrize(("module", "name"), list(_named()))
def test_a_name_that_packages_use_is_there_under_both_package_names(module: str, name: str) -> None:
    old, new = (_value(f"{package}.{module}", name) for package in PACKAGES)
    assert old is new or old == new  # bound methods are made anew each time


@pytest.mark.parametrize("module", ["plugins", "synchronize", "tzinform", "util", "services"])
def test_modules_can_be_imported_from_the_package_itself(module: str) -> None:
    found = {}
    for package in PACKAGES:
        names: dict[str, Any] = {}
        exec(f"from {package} import {module}", names)
        found[package] = names[module]
    assert found["provd"] is found["wazo_provd"]


def test_every_module_is_the_same_object_under_each_name() -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("ovix_provd.surface."):
            rest = name.removeprefix("ovix_provd.surface")
            assert sys.modules[f"provd{rest}"] is sys.modules[f"wazo_provd{rest}"] is module


def test_a_class_derived_under_one_name_is_a_plugin_under_the_other() -> None:
    class Phones(_value("provd.plugins", "StandardPlugin")):  # type: ignore[misc]
        IS_PLUGIN = True

    assert issubclass(Phones, _value("wazo_provd.plugins", "Plugin"))


@pytest.mark.parametrize(
    "statement",
    [
        "from twisted.internet import defer, threads",
        "from twisted.web.resource import NoResource, Resource",
        "from packaging.version import Version",
        "from pkg_resources import parse_version",
        "import pexpect",
        "import six; from six.moves import urllib",
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_packages_import_besides_is_installed(statement: str) -> None:
    exec(statement, {})


def test_versions_are_compared_as_setuptools_did() -> None:
    parse_version = _value("pkg_resources", "parse_version")
    assert parse_version("10.1.46") > parse_version("8.9.3")
