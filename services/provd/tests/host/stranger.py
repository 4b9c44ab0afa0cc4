"""Plugin packages as strangers build them, in three flavours.

Written from the format (reference/provd/plugins.md, 1, 5, 11 and 13) and nothing else.
"""

import json
from pathlib import Path
from textwrap import dedent

from .stranger_python2 import PYTHON2_COMMON, PYTHON2_ENTRY, PYTHON2_TEMPLATE

PYTHON3_ENTRY = '''\
"""Acme's newer phones."""
common_globals = {}
execfile_('lib/common.py', common_globals)


class AcmePlugin(common_globals['BaseAcmePlugin']):
    IS_PLUGIN = True
    pg_associator = common_globals['AcmeAssociator']({'P30': '2.0'})
'''

PYTHON3_COMMON = """\
from __future__ import annotations

import logging
import os
import re
from typing import TYPE_CHECKING

try:
    from wazo_provd import plugins, synchronize
    from wazo_provd.devices.ident import RequestType
    from wazo_provd.devices.pgasso import BasePgAssociator, DeviceSupport
    from wazo_provd.plugins import StandardPlugin, TemplatePluginHelper
    from wazo_provd.servers.http import HTTPNoListingFileService
    from wazo_provd.util import format_mac, norm_mac
except ImportError:
    from provd import plugins, synchronize

from twisted.internet import defer, threads

if TYPE_CHECKING:
    from wazo_provd.servers.http_site import Request

logger = logging.getLogger('plugin.wazo-acme')


class HTTPExtractor:
    _UA = re.compile(r'^Acme (\\w+) ([\\d.]+)(?: ([\\da-fA-F:]{17}))?$')

    def extract(self, request: Request, request_type: RequestType):
        return defer.succeed(self._do_extract(request))

    def _do_extract(self, request):
        assert isinstance(request.path, bytes)
        ua = request.getHeader(b'User-Agent')
        if ua and (m := self._UA.match(ua.decode('ascii'))):
            info = {'vendor': 'Acme', 'model': m[1], 'version': m[2]}
            if m[3]:
                info['mac'] = norm_mac(m[3])
            return info
        return None


class AcmeAssociator(BasePgAssociator):
    def __init__(self, models):
        super().__init__()
        self._models = models

    def _do_associate(self, vendor, model, version):
        if vendor != 'Acme':
            return DeviceSupport.IMPROBABLE
        if model in self._models:
            if version == self._models[model]:
                return DeviceSupport.EXACT
            return DeviceSupport.COMPLETE
        return DeviceSupport.PROBABLE


class BaseAcmePlugin(StandardPlugin):
    http_dev_info_extractor = HTTPExtractor()

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        super().__init__(app, plugin_dir, gen_cfg, spec_cfg)
        self._proxies = gen_cfg.get('proxies')
        self._tpl_helper = TemplatePluginHelper(plugin_dir)
        self.http_service = HTTPNoListingFileService(self._tftpboot_dir)

    def _dev_filename(self, device):
        return f'{format_mac(device["mac"], separator="")}.xml'

    def configure(self, device, raw_config):
        filename = self._dev_filename(device)
        tpl = self._tpl_helper.get_dev_template(filename, device)
        self._tpl_helper.dump(tpl, raw_config, os.path.join(self._tftpboot_dir, filename))

    def deconfigure(self, device):
        try:
            os.remove(os.path.join(self._tftpboot_dir, self._dev_filename(device)))
        except FileNotFoundError:
            pass

    def synchronize(self, device, raw_config):
        return synchronize.standard_sip_synchronize(device, event='check-sync;reboot=false')

    def get_remote_state_trigger_filename(self, device):
        return self._dev_filename(device) if 'mac' in device else None

    def is_sensitive_filename(self, filename):
        return filename.endswith('.xml')
"""

PYTHON3_TEMPLATE = """\
<acme>
{% for no, line in sip_lines.items() %}<user id="{{ no }}">{{ line['username'] }}</user>
{% endfor %}</acme>
"""

OWN_ENTRY = """\
from provd.plugins import Plugin
from provd.services import InvalidParameterError, JsonConfigPersister
from provd.services import PersistentConfigureServiceDecorator
from provd.util import is_normed_uuid
from twisted.internet import defer, reactor
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
import os


class Post(Resource):
    isLeaf = True

    def render_POST(self, request):
        request.setHeader(b'Content-Type', b'text/plain; charset=UTF-8')
        if b'uuid' not in request.args:
            request.setResponseCode(400)
            return b'no uuid'
        if request.path == b'/later':
            reactor.callLater(0.01, self._finish, request)
            return NOT_DONE_YET
        return b'account of ' + request.args[b'uuid'][0] + b' ' + request.prov_dev['id'].encode()

    def _finish(self, request):
        request.write(b'at last')
        request.finish()


class Parameters:
    description = [('username', 'The user'), ('password', 'The password')]
    description_fr = [('username', "L'utilisateur")]

    def __init__(self):
        self._values = {'username': None, 'password': None}

    def get(self, name):
        return self._values[name]

    def set(self, name, value):
        if value == 'bad':
            raise InvalidParameterError('not that one')
        self._values[name] = value


class Refusing:
    def handle_read_request(self, request, response):
        name = request['packet']['filename']
        if name == b'hello':
            from io import BytesIO
            response.accept(BytesIO(b'hello ' + request['prov_dev']['id'].encode()))
        elif name == b'ignored':
            response.ignore()
        else:
            response.reject(b'\\x00\\x02', 'no access')


class Own(Plugin):
    IS_PLUGIN = True

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        Plugin.__init__(self, app, plugin_dir, gen_cfg, spec_cfg)
        self.http_service = Post()
        self.tftp_service = Refusing()
        persister = JsonConfigPersister(os.path.join(plugin_dir, 'var', 'config.json'))
        self._parameters = Parameters()
        service = PersistentConfigureServiceDecorator(self._parameters, persister)
        self.services = {'configure': service}
        self.spec = spec_cfg

    def synchronize(self, device, raw_config):
        self._app.dev_update({**device, 'model': self.spec.get('model', '')})
        return defer.succeed(None)
"""


def a_package(folder: Path, plugin_id: str, files: dict[str, str], **info: object) -> Path:
    """A directory as the archive of such a plugin unpacks."""
    directory = folder / plugin_id
    for name in ("tftpboot", "cache", "installed", "templates"):
        (directory / "var" / name).mkdir(parents=True)
    told = {"version": "1.0", "description": plugin_id, "capabilities": {}, **info}
    (directory / "plugin-info").write_text(json.dumps(told))
    for name, content in files.items():
        place = directory / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content, "utf-8")
    return directory


def python2_package(folder: Path, plugin_id: str = "xivo-acme-1.0") -> Path:
    """As xivo-provd's builder made them until 2022."""
    return a_package(
        folder,
        plugin_id,
        {
            "entry.py": PYTHON2_ENTRY,
            "common.py": PYTHON2_COMMON,
            "templates/base.tpl": PYTHON2_TEMPLATE,
            "templates/common/all.tpl": "server = {{ ip }}:{{ http_port }}\n",
        },
    )


def python3_package(folder: Path, plugin_id: str = "wazo-acme-2.0") -> Path:
    """As wazo-provd's builder makes them."""
    return a_package(
        folder,
        plugin_id,
        {
            "entry.py": PYTHON3_ENTRY,
            "lib/common.py": PYTHON3_COMMON,
            "templates/base.tpl": PYTHON3_TEMPLATE,
        },
        plugin_iface_version_min=0.2,
    )


def own_services_package(folder: Path, plugin_id: str = "own") -> Path:
    """With an HTTP resource, a TFTP service and parameters of its own."""
    return a_package(folder, plugin_id, {"entry.py": OWN_ENTRY})


def misbehaving_package(folder: Path, plugin_id: str, body: str, head: str = "") -> Path:
    """A plugin whose class has that body."""
    entry = (
        "import os, re, sys, time\n"
        "from provd.plugins import Plugin, StandardPlugin\n"
        "from provd.servers.http import HTTPNoListingFileService\n"
        "from twisted.internet import defer, threads\n"
        f"{dedent(head)}\n"
        "class Misbehaving(StandardPlugin):\n"
        "    IS_PLUGIN = True\n"
    )
    lines = dedent(body).splitlines()
    return a_package(
        folder, plugin_id, {"entry.py": entry + "".join(f"    {line}\n" for line in lines)}
    )
