{#- The numbers of an account's parameters, by the account. Codecs follow each other but for the
    first account's; so do the three ways of DTMF. -#}
{%- set ACCOUNTS = [
  {'active': 271, 'label': 270, 'server': 47, 'backup': 2312, 'route': 48, 'username': 35,
   'auth': 36, 'password': 34, 'name': 3, 'voicemail': 33, 'transport': 130, 'mwi': 99,
   'srtp': 183, 'codecs': [57, 58, 59, 60, 61, 62, 46, 98], 'dtmf': 2301, 'pickup': 1347,
   'features': 191},
  {'active': 401, 'label': 417, 'server': 402, 'backup': 2412, 'route': 403, 'username': 404,
   'auth': 405, 'password': 406, 'name': 407, 'voicemail': 426, 'transport': 448, 'mwi': 415,
   'srtp': 443, 'codecs': range(451, 459), 'dtmf': 2401, 'pickup': 481, 'features': 420},
  {'active': 501, 'label': 517, 'server': 502, 'backup': 2512, 'route': 503, 'username': 504,
   'auth': 505, 'password': 506, 'name': 507, 'voicemail': 526, 'transport': 548, 'mwi': 515,
   'srtp': 543, 'codecs': range(551, 559), 'dtmf': 2501, 'pickup': 581, 'features': 520},
  {'active': 601, 'label': 617, 'server': 602, 'backup': 2612, 'route': 603, 'username': 604,
   'auth': 605, 'password': 606, 'name': 607, 'voicemail': 626, 'transport': 648, 'mwi': 615,
   'srtp': 643, 'codecs': range(651, 659), 'dtmf': 2601, 'pickup': 681, 'features': 620},
  {'active': 1701, 'label': 1717, 'server': 1702, 'backup': 2712, 'route': 1703, 'username': 1704,
   'auth': 1705, 'password': 1706, 'name': 1707, 'voicemail': 1726, 'transport': 1748, 'mwi': 1715,
   'srtp': 1743, 'codecs': range(1751, 1759), 'dtmf': 2701, 'pickup': 1781, 'features': 1720},
  {'active': 1801, 'label': 1817, 'server': 1802, 'backup': 2812, 'route': 1803, 'username': 1804,
   'auth': 1805, 'password': 1806, 'name': 1807, 'voicemail': 1826, 'transport': 1848, 'mwi': 1815,
   'srtp': 1843, 'codecs': range(1851, 1859), 'dtmf': 2801, 'pickup': 1881, 'features': 1820},
] %}
{#- The ports of a gateway. DTMF: the three ways, the best first. #}
{%- set PORTS = [
  {'active': 271, 'server': 47, 'backup': 967, 'route': 48, 'username': 35, 'auth': 36,
   'password': 34, 'name': 3, 'voicemail': 33, 'transport': 130, 'mwi': 99, 'srtp': 183,
   'codecs': [57, 58, 59, 60, 61, 62], 'dtmf_order': 850, 'features': 191},
  {'active': 401, 'server': 747, 'backup': 987, 'route': 748, 'username': 735, 'auth': 736,
   'password': 734, 'name': 703, 'transport': 830, 'srtp': 443, 'dtmf_order': 860},
] %}
{%- set DTMF_ORDER = {
  'RTP-in-band': [100, 101, 102], 'RTP-out-of-band': [101, 102, 100], 'SIP-INFO': [102, 101, 100],
} %}
{%- set TRANSPORT = {'udp': 0, 'tcp': 1, 'tls': 2} %}
{%- set SRTP = {'disabled': 0, 'preferred': 1, 'required': 2} %}
{%- set DTMF = ['RTP-in-band', 'RTP-out-of-band', 'SIP-INFO'] %}
{%- set CODEC = {'PCMU': 0, 'PCMA': 8, 'G722': 9, 'G729': 18, 'G726-32': 2, 'ILBC': 98, 'OPUS': 123} %}
{%- set LEVEL = {'critical': 4, 'error': 4, 'warning': 3, 'info': 2, 'debug': 1} %}
{%- set LANGUAGES = ['ar', 'cs', 'de', 'en', 'es', 'fr', 'he', 'hr', 'hu', 'it', 'ja', 'ko', 'nl', 'pl', 'pt', 'ru', 'sl', 'tr'] %}
{%- macro P(number, value) %}
{%- if number %}
    <P{{ number }}>{{ value }}</P{{ number }}>
{%- endif %}
{%- endmacro %}
{%- macro address(server) %}{{ '%s:%d' % (server.host, server.port) if server }}{% endmacro %}
{%- macro clock(seconds) %}{{ '%s%d:%02d' % ('-' if seconds < 0 else '', seconds | abs // 3600, seconds | abs % 3600 // 60) }}{% endmacro %}
{%- macro day(switch) %}M{{ switch.month }}.{{ switch.week }}.{{ switch.weekday }}/{{ '%02d:%02d:00' % (switch.hour, switch.minute) }}{% endmacro %}
{%- macro old_day(switch) %}{{ '%d,%d,%d,%d,%d' % (switch.month, -1 if switch.week == 5 else switch.week, switch.iso_weekday, switch.hour, switch.minute) }}{% endmacro %}
{%- macro zone(zone) %}STD{{ clock(-zone.offset_s) }}
{%- if zone.summer %}DST{{ clock(-zone.offset_s - zone.summer.save_s) }},{{ day(zone.summer.start) }},{{ day(zone.summer.end) }}{% endif %}
{%- endmacro -%}
<?xml version="1.0" encoding="UTF-8"?>
<gs_provision version="1">
  <mac>{{ phone.mac }}</mac>
  <config version="1">
{{- P(212, 2 if phone.server_url.startswith('https:') else 1) }}
{{- P(237, phone.server_url.partition('://')[2] ~ '/Grandstream') }}
{%- set octets = (phone.dns or '0.0.0.0').split('.') %}
{%- if octets | length == 4 %}
{%- for octet in octets %}{{ P(92 + loop.index0, octet) }}{% endfor %}
{%- endif %}
{{- P(51, phone.vlan.id if phone.vlan else 0) }}
{{- P(87, phone.vlan.priority if phone.vlan and phone.vlan.priority is not none else 0) }}
{{- P(229, phone.vlan.pc_port_id if phone.vlan and phone.vlan.pc_port_id is not none else 0) }}
{{- P(207, phone.syslog.host if phone.syslog else '') }}
{{- P(208, LEVEL.get(phone.syslog.level, 3) if phone.syslog else 0) }}
{%- if phone.ntp %}
{{- P(30, phone.ntp) }}
{{- P(144, 0) }}
{%- endif %}
{%- if phone.zone and phone.model == 'GXP2000' %}
{#- Minutes from twelve hours west of Greenwich; the rule apart from them. #}
{{- P(64, 720 + phone.zone.offset_s // 60) }}
{{- P(75, 1 if phone.zone.summer else 0) }}
{%- if phone.zone.summer %}
{{- P(246, '%s;%s;%d' % (old_day(phone.zone.summer.start), old_day(phone.zone.summer.end), phone.zone.summer.save_s // 60)) }}
{%- endif %}
{%- elif phone.zone %}
{{- P(64, 'customize') }}
{{- P(246, zone(phone.zone)) }}
{%- endif %}
{%- if phone.language in LANGUAGES %}
{{- P(1362, phone.language) }}
{%- endif %}
{%- if phone.admin.password %}
{{- P(2, phone.admin.password) }}
{%- endif %}
{%- if phone.user.password %}
{{- P(196, phone.user.password) }}
{%- endif %}
{%- if phone.phonebook_url and phone.capacity.type != 'ata' %}
{#- The phonebook, fetched every half day; entries made on the phone stay. #}
{{- P(330, 3 if phone.phonebook_url.startswith('https:') else 2) }}
{{- P(331, phone.phonebook_url.partition('://')[2]) }}
{{- P(332, 720) }}
{{- P(333, 0) }}
{%- endif %}
{%- if phone.has_identity %}
{{- P(280, sip_local_certificate) }}
{{- P(279, sip_local_key) }}
{%- endif %}
{%- for account in (PORTS if phone.capacity.type == 'ata' else ACCOUNTS)[:phone.capacity.lines or 6] %}
{%- set line = phone.line(loop.index) %}
{{- P(account.active, 1 if line else 0) }}
{%- if line %}
{{- P(account.label, line.label) }}
{{- P(account.server, address(line.registrar)) }}
{{- P(account.backup, address(line.backup_registrar)) }}
{{- P(account.route, address(line.route)) }}
{{- P(account.username, line.username) }}
{{- P(account.auth, line.auth_username) }}
{{- P(account.password, line.password) }}
{{- P(account.name, line.display_name) }}
{{- P(account.voicemail, line.voicemail or '') }}
{{- P(account.transport, TRANSPORT[line.transport]) }}
{{- P(account.mwi, 1 if line.subscribe_mwi else 0) }}
{{- P(account.srtp, SRTP[line.srtp]) }}
{%- set offered = phone.codecs | select('in', CODEC) | list or ['PCMA'] %}
{%- for number in account.codecs %}
{{- P(number, CODEC[offered[loop.index0] if loop.index0 < offered | length else offered[-1]]) }}
{%- endfor %}
{%- if account.dtmf_order %}
{%- for way in DTMF_ORDER.get(line.dtmf, DTMF_ORDER['RTP-out-of-band']) %}{{ P(account.dtmf_order + loop.index0, way) }}{% endfor %}
{%- else %}
{%- set chosen = line.dtmf if line.dtmf in DTMF else 'RTP-out-of-band' %}
{%- for way in DTMF %}{{ P(account.dtmf + loop.index0, 1 if way == chosen else 0) }}{% endfor %}
{%- endif %}
{{- P(account.pickup, exten_pickup_call or '') }}
{{- P(account.features, 0) }}
{%- endif %}
{%- endfor %}
{#- Virtual keys stand beside the accounts, and have modes from 10; the keys of older phones are
    apart from them, and have modes from 0. #}
{%- if phone.capacity.key_set == 'virtual' %}
{%- set MODE = {'speeddial': 10, 'blf': 11, 'park': 19} %}
{%- for position in range(1, phone.capacity.function_keys + 1) %}
{%- set key = phone.key(position) %}
{%- set line = phone.line(position) %}
{{- P(1361 + 2 * position, MODE[key.type] if key else (0 if line else -1)) }}
{{- P(1362 + 2 * position, key.line - 1 if key else (position - 1 if line else 0)) }}
{{- P(1463 + 2 * position, key.label if key else (line.label if line else '')) }}
{{- P(1464 + 2 * position, key.value if key else '') }}
{%- endfor %}
{%- elif phone.capacity.function_keys %}
{%- set MODE = {'speeddial': 0, 'blf': 1, 'park': 9} %}
{%- for position in range(1, phone.capacity.function_keys + 1) %}
{%- set key = phone.key(position) %}
{%- set mode = 322 + position if position < 8 else 321 + 4 * position %}
{%- set account = 298 + 3 * position if position < 8 else mode + 1 %}
{{- P(mode, MODE[key.type] if key else 0) }}
{{- P(account, key.line - 1 if key else 0) }}
{{- P(account + 1, key.label if key else '') }}
{{- P(account + 2, key.value if key else '') }}
{%- endfor %}
{%- endif %}
  </config>
</gs_provision>
