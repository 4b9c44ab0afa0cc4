"""A package for Python 2, written from the format (reference/provd/plugins.md, 11 to 13)."""

PYTHON2_ENTRY = """\
# -*- coding: utf-8 -*-
common = {}
execfile_('common.py', common)

MODELS = {u'P10': u'1.0', u'P20': u'1.0'}


class AcmePlugin(common['BaseAcmePlugin']):
    IS_PLUGIN = True

    pg_associator = common['BaseAcmePgAssociator'](MODELS)

    def configure_common(self, raw_config):
        tpl = self._tpl_helper.get_template('common/all.tpl')
        self._tpl_helper.dump(tpl, raw_config, self._tftpboot_dir + '/all.cfg', 'ascii')
"""

PYTHON2_COMMON = """\
# -*- coding: utf-8 -*-
# Un commentaire accentué
import logging
import os
import re
import ConfigParser
import urllib
from StringIO import StringIO
from operator import itemgetter
from provd import plugins, synchronize, tzinform
from provd.devices.config import RawConfigError
from provd.devices.pgasso import BasePgAssociator, IMPROBABLE_SUPPORT, \\
    PROBABLE_SUPPORT, COMPLETE_SUPPORT, FULL_SUPPORT
from provd.plugins import StandardPlugin, TemplatePluginHelper
from provd.servers.http import HTTPNoListingFileService
from provd.servers.tftp.service import TFTPFileService
from provd.util import norm_mac, format_mac
from twisted.internet import defer, threads

logger = logging.getLogger('plugin.xivo-acme')


class BaseAcmeHTTPDeviceInfoExtractor(object):
    _UA = re.compile(r'^Acme (\\w+) ([\\d.]+)(?: ([\\da-fA-F:]{17}))?$')

    def extract(self, request, request_type):
        return defer.succeed(self._do_extract(request))

    def _do_extract(self, request):
        ua = request.getHeader('User-Agent')
        if ua:
            m = self._UA.match(ua)
            if m:
                info = {u'vendor': u'Acme', u'model': m.group(1).decode('ascii'),
                        u'version': m.group(2).decode('ascii')}
                if m.group(3):
                    try:
                        info[u'mac'] = norm_mac(m.group(3).decode('ascii'))
                    except ValueError, e:
                        logger.warning('bad mac: %s', e)
                elif request.args.has_key('mac'):
                    info[u'mac'] = norm_mac(request.args['mac'][0].decode('ascii'))
                return info
        return None


class BaseAcmeTFTPDeviceInfoExtractor(object):
    def extract(self, request, request_type):
        filename = request['packet']['filename']
        if request_type == 'tftp' and filename.startswith('acme-'):
            return defer.succeed({u'vendor': u'Acme', u'mac': norm_mac(filename[5:17])})
        return defer.succeed(None)


class BaseAcmePgAssociator(BasePgAssociator):
    def __init__(self, models):
        BasePgAssociator.__init__(self)
        self._models = models

    def _do_associate(self, vendor, model, version):
        if vendor <> u'Acme':
            return IMPROBABLE_SUPPORT
        if model in self._models:
            return FULL_SUPPORT if version == self._models[model] else COMPLETE_SUPPORT
        return PROBABLE_SUPPORT


class BaseAcmePlugin(StandardPlugin):
    _ENCODING = 'UTF-8'
    _LEVELS = {u'warning': 0777, u'error': 3L}

    def __init__(self, app, plugin_dir, gen_cfg, spec_cfg):
        StandardPlugin.__init__(self, app, plugin_dir, gen_cfg, spec_cfg)
        self._tpl_helper = TemplatePluginHelper(plugin_dir)
        self._parser = ConfigParser.RawConfigParser()
        self._parser.readfp(StringIO('[a]\\nb = c\\n'))
        self.http_service = HTTPNoListingFileService(self._tftpboot_dir)
        self.tftp_service = TFTPFileService(self._tftpboot_dir)

    http_dev_info_extractor = BaseAcmeHTTPDeviceInfoExtractor()
    tftp_dev_info_extractor = BaseAcmeTFTPDeviceInfoExtractor()

    def _dev_filename(self, device):
        return 'acme-%s.cfg' % format_mac(device[u'mac'], separator='')

    def _add_keys(self, raw_config):
        lines = []
        for no, line in sorted(raw_config[u'sip_lines'].iteritems(), key=itemgetter(0)):
            lines.append(u'%s=%s' % (no, line[u'username']))
        raw_config[u'XX_lines'] = u';'.join(lines)
        raw_config[u'XX_half'] = 7 / 2
        raw_config[u'XX_quoted'] = urllib.quote('a b')
        raw_config[u'XX_mixed'] = sorted([u'b', None, 3])
        raw_config[u'XX_older'] = raw_config.get(u'nothing') < 1

    def configure(self, device, raw_config):
        if u'mac' not in device:
            raise Exception, 'MAC address needed'
        self._add_keys(raw_config)
        tpl = self._tpl_helper.get_dev_template(self._dev_filename(device), device)
        path = os.path.join(self._tftpboot_dir, self._dev_filename(device))
        self._tpl_helper.dump(tpl, raw_config, path, self._ENCODING)

    def deconfigure(self, device):
        try:
            os.remove(os.path.join(self._tftpboot_dir, self._dev_filename(device)))
        except OSError, e:
            logger.info('nothing to remove: %s', e)

    if hasattr(synchronize, 'standard_sip_synchronize'):
        def synchronize(self, device, raw_config):
            return synchronize.standard_sip_synchronize(device)

    def get_remote_state_trigger_filename(self, device):
        if u'mac' in device:
            return self._dev_filename(device)

    def is_sensitive_filename(self, filename):
        return filename.startswith('acme-')
"""

PYTHON2_TEMPLATE = """\
# {{ XX_quoted }} {{ XX_half }} {{ XX_mixed }} {{ XX_older }} {{ XX_lines }}
{% for no, line in sip_lines.iteritems() -%}
account.{{ no }} = {{ line['username'] }}:{{ line['password'] }}
name.{{ no }} = {{ line['display_name'] }}
{% endfor -%}
"""
