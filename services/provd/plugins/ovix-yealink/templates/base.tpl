{%- set TRANSPORT = {'udp': 0, 'tcp': 1, 'tls': 2} %}
{%- set SRTP = {'disabled': 0, 'preferred': 1, 'required': 2} %}
{%- set DTMF = {'RTP-in-band': 0, 'RTP-out-of-band': 1, 'SIP-INFO': 2} %}
{%- set CODEC = {'PCMU': 'pcmu', 'PCMA': 'pcma', 'G722': 'g722', 'G729': 'g729', 'OPUS': 'opus', 'ILBC': 'ilbc', 'G726-32': 'g726_32'} %}
{%- set KEY = {'speeddial': 13, 'blf': 16, 'park': 10} %}
{%- set LINE_KEY = 15 %}
{%- set LEVEL = {'critical': 2, 'error': 3, 'warning': 4, 'info': 6, 'debug': 6} %}
{%- set LANGUAGE = {
  'de': 'German', 'en': 'English', 'es': 'Spanish', 'fr': 'French', 'it': 'Italian', 'nl': 'Dutch',
  'pl': 'Polish', 'pt': 'Portuguese', 'tr': 'Turkish', 'ru': 'Russian',
} %}
{%- set COUNTRY = {
  'AU': 'Australia', 'AT': 'Austria', 'BE': 'Belgium', 'BR': 'Brazil', 'CA': 'United States',
  'CH': 'Switzerland', 'CZ': 'Czech', 'DE': 'Germany', 'DK': 'Denmark', 'ES': 'Spain', 'FI': 'Finland',
  'FR': 'France', 'GB': 'Great Britain', 'GR': 'Greece', 'HU': 'Hungary', 'IT': 'Italy',
  'LT': 'Lithuania', 'MX': 'Mexico', 'NL': 'Netherlands', 'NO': 'Norway', 'NZ': 'New Zealand',
  'PT': 'Portugal', 'RU': 'Russia', 'SE': 'Sweden', 'US': 'United States',
} %}
{#- Firmwares from V81 on call these parameters static.…; those before don't know that name. #}
{%- macro static(name, value) %}
static.{{ name }} = {{ value }}
{{ name }} = {{ value }}
{%- endmacro %}
{%- macro day(switch) %}{{ switch.month }}/{{ switch.week }}/{{ switch.iso_weekday }}/{{ switch.hour }}{% endmacro %}
{%- macro key(name, key) %}
{{ name }}.type = {{ KEY[key.type] }}
{{ name }}.line = {{ key.line }}
{{ name }}.value = {{ key.value }}
{{ name }}.label = {{ key.label }}
{%- if key.type == 'blf' %}
{{ name }}.extension = {{ exten_pickup_call ~ key.value if exten_pickup_call }}
{{ name }}.pickup_value = {{ exten_pickup_call ~ key.value if exten_pickup_call }}
{%- endif %}
{%- endmacro -%}
#!version:1.0.0.1
# {{ phone.mac }}

## Where its files are
{{- static('auto_provision.server.url', phone.server_url) }}
{{- static('auto_provision.power_on', 1) }}
{{- static('auto_provision.pnp_enable', 0) }}
sip.notify_reboot_enable = 0

## Network
{{- static('network.static_dns_enable', 1 if phone.dns else 0) }}
{{- static('network.primary_dns', phone.dns or '') }}
{{- static('network.vlan.internet_port_enable', 1 if phone.vlan else 0) }}
{%- if phone.vlan %}
{{- static('network.vlan.internet_port_vid', phone.vlan.id) }}
{%- if phone.vlan.priority is not none %}
{{- static('network.vlan.internet_port_priority', phone.vlan.priority) }}
{%- endif %}
{%- endif %}
{%- set pc_port = phone.vlan and phone.vlan.pc_port_id is not none %}
{{- static('network.vlan.pc_port_enable', 1 if pc_port else 0) }}
{%- if pc_port %}
{{- static('network.vlan.pc_port_vid', phone.vlan.pc_port_id) }}
{%- endif %}
{{- static('syslog.enable', 1 if phone.syslog else 0) }}
{%- if phone.syslog %}
{{- static('syslog.server', phone.syslog.host) }}
static.syslog.server_port = {{ phone.syslog.port }}
static.syslog.level = {{ LEVEL.get(phone.syslog.level, 4) }}
syslog.log_level = {{ LEVEL.get(phone.syslog.level, 4) }}
{%- endif %}

## Time
local_time.ntp_server1 = {{ phone.ntp or '' }}
local_time.manual_ntp_srv_prior = {{ 1 if phone.ntp else 0 }}
{%- if phone.zone %}
local_time.time_zone = {{ phone.zone.sign }}{{ phone.zone.hours }}{{ ':%02d' % phone.zone.minutes if phone.zone.minutes }}
local_time.summer_time = {{ 1 if phone.zone.summer else 0 }}
{%- if phone.zone.summer %}
local_time.dst_time_type = 1
local_time.start_time = {{ day(phone.zone.summer.start) }}
local_time.end_time = {{ day(phone.zone.summer.end) }}
local_time.offset_time = {{ phone.zone.summer.save_s // 60 }}
{%- endif %}
{%- endif %}

## Language
{%- if phone.language in LANGUAGE %}
lang.gui = {{ LANGUAGE[phone.language] }}
lang.wui = {{ LANGUAGE[phone.language] }}
{%- endif %}
{%- if phone.country in COUNTRY %}
voice.tone.country = {{ COUNTRY[phone.country] }}
{%- endif %}

## Who may change it
{%- for name, account in [('admin', phone.admin), ('user', phone.user)] %}
{%- set username = (account.username or name) | replace(':', '') %}
{%- if account.username %}
static.security.user_name.{{ name }} = {{ username }}
{%- endif %}
{%- if account.password %}
static.security.user_password = {{ username }}:{{ account.password }}
{%- endif %}
{%- endfor %}

## Certificates
{%- if phone.has_authorities %}
{{- static('trusted_certificates.url', phone.server_url ~ '/' ~ phone.mac ~ '-authorities.pem') }}
{{- static('security.trust_certificates', 1) }}
{{- static('security.ca_cert', 2) }}
{%- endif %}
{%- if phone.has_identity %}
{{- static('server_certificates.url', phone.server_url ~ '/' ~ phone.mac ~ '-identity.pem') }}
{{- static('security.dev_cert', 1) }}
{%- endif %}

## Accounts
{%- for position in range(1, phone.line_places + 1) %}
{%- set line = phone.line(position) %}
{%- set account = 'account.' ~ position %}
{{ account }}.enable = {{ 1 if line else 0 }}
{%- if line %}
{{ account }}.label = {{ line.label }}
{{ account }}.display_name = {{ line.display_name }}
{{ account }}.user_name = {{ line.username }}
{{ account }}.auth_name = {{ line.auth_username }}
{{ account }}.password = {{ line.password }}
{%- for server in [line.registrar, line.backup_registrar] %}
{{ account }}.sip_server.{{ loop.index }}.address = {{ server.host if server else '' }}
{{ account }}.sip_server.{{ loop.index }}.port = {{ (server or line.registrar).port }}
{{ account }}.sip_server.{{ loop.index }}.transport_type = {{ TRANSPORT[line.transport] }}
{%- endfor %}
{{ account }}.outbound_proxy_enable = {{ 1 if line.route else 0 }}
{%- if line.route %}
{{ account }}.outbound_proxy.1.address = {{ line.route.host }}
{{ account }}.outbound_proxy.1.port = {{ line.route.port }}
{%- endif %}
{{ account }}.srtp_encryption = {{ SRTP[line.srtp] }}
{{ account }}.dtmf.type = {{ DTMF.get(line.dtmf, 1) }}
{{ account }}.subscribe_mwi = {{ 1 if line.subscribe_mwi else 0 }}
voice_mail.number.{{ position }} = {{ line.voicemail or '' }}
{%- for name, codec in CODEC.items() %}
{{ account }}.codec.{{ codec }}.enable = {{ 1 if name in phone.codecs else 0 }}
{%- endfor %}
{%- for name in phone.codecs if name in CODEC %}
{{ account }}.codec.{{ CODEC[name] }}.priority = {{ loop.index }}
{%- endfor %}
{%- if phone.capacity.type == 'dect' %}
handset.{{ position }}.name = {{ line.label }}
handset.{{ position }}.incoming_lines = {{ position }}
handset.{{ position }}.dial_out_lines = {{ position }}
handset.{{ position }}.dial_out_default_line = {{ position }}
{%- endif %}
{%- endif %}
{%- endfor %}

## Function keys: those of the phone, of its memory keys, of its modules
{%- set line_keys = phone.capacity.line_keys or phone.capacity.function_keys %}
{%- set line_keys = phone.key_places if line_keys is undefined else line_keys %}
{%- for position in range(1, line_keys + 1) %}
{%- set line = phone.line(position) %}
{%- if phone.key(position) %}
{{- key('linekey.' ~ position, phone.key(position)) }}
{%- elif line %}
linekey.{{ position }}.type = {{ LINE_KEY }}
linekey.{{ position }}.line = {{ position }}
linekey.{{ position }}.label = {{ line.label }}
{%- else %}
linekey.{{ position }}.type = 0
{%- endif %}
{%- endfor %}
{%- set memory_keys = phone.capacity.memory_keys or 0 %}
{%- set module_keys = phone.capacity.module_keys or 0 %}
{%- for each in phone.keys if line_keys < each.position <= phone.key_places %}
{%- set beyond = each.position - line_keys %}
{%- if beyond <= memory_keys %}
{{- key('memorykey.' ~ beyond, each) }}
{%- elif module_keys %}
{%- set place = beyond - memory_keys - 1 %}
{{- key('expansion_module.' ~ (place // module_keys + 1) ~ '.key.' ~ (place % module_keys + 1), each) }}
{%- endif %}
{%- endfor %}

## Features of the telephone system
features.dnd.on_code = {{ exten_dnd or '' }}
features.dnd.off_code = {{ exten_dnd or '' }}
{%- for name, code in [('always', exten_fwd_unconditional), ('busy', exten_fwd_busy), ('no_answer', exten_fwd_no_answer)] %}
forward.{{ name }}.on_code = {{ code or '' }}
forward.{{ name }}.off_code = {{ (exten_fwd_disable_all or code) if code else '' }}
{%- endfor %}
features.pickup.group_pickup_enable = {{ 1 if exten_pickup_group else 0 }}
features.pickup.group_pickup_code = {{ exten_pickup_group or '' }}
features.pickup.direct_pickup_enable = {{ 1 if exten_pickup_call else 0 }}
features.pickup.direct_pickup_code = {{ exten_pickup_call or '' }}
features.call_park.enable = {{ 1 if exten_park else 0 }}
features.call_park.park_code = {{ exten_park or '' }}

## Directory
{%- if phone.phonebook_url %}
features.remote_phonebook.enable = 1
remote_phonebook.data.1.name = XiVO
remote_phonebook.data.1.url = {{ phone.phonebook_url }}
{%- else %}
remote_phonebook.data.1.url =
{%- endif %}
