{%- set TRANSPORT = {'udp': 0, 'tcp': 1, 'tls': 3} %}
{%- set SRTP = {'disabled': 0, 'preferred': 1, 'required': 2} %}
{%- set DTMF = {'RTP-in-band': 0, 'RTP-out-of-band': 1, 'SIP-INFO': 2} %}
{%- set CODECS = ['PCMU', 'PCMA', 'G722', 'G729', 'G726-32', 'ILBC', 'OPUS'] %}
{%- set LEVEL = {'critical': 2, 'error': 3, 'warning': 4, 'info': 6, 'debug': 7} %}
{%- set LANGUAGES = ['ar', 'cs', 'de', 'en', 'es', 'fr', 'he', 'it', 'nl', 'pl', 'pt', 'ru', 'sl', 'tr'] %}
{%- set DIALLED, LINE = 1, 2 %}
{%- set SUFFIX = {'speeddial': 'f', 'blf': 'ba', 'park': 'c'} %}
{%- macro set(name, value) %}
{{ '%-19s:%s' % (name, value) }}
{%- endmacro %}
{%- macro server(name, server) %}
{{- set(name ~ ' Addr', server.host if server else '') }}
{{- set(name ~ ' Port', server.port if server else 5060) }}
{%- endmacro -%}
<<VOIP CONFIG FILE>>Version:2.0000000000

<NET CONFIG MODULE>
{%- if phone.dns %}
{{- set('DHCP Auto DNS', 0) }}
{{- set('Primary DNS', phone.dns) }}
{%- else %}
{{- set('DHCP Auto DNS', 1) }}
{%- endif %}

<QOS CONFIG MODULE>
{{- set('Enable VLAN', 1 if phone.vlan else 0) }}
{%- if phone.vlan %}
{{- set('VLAN ID', phone.vlan.id) }}
{%- if phone.vlan.priority is not none %}
{{- set('Signalling Priority', phone.vlan.priority) }}
{{- set('Voice Priority', phone.vlan.priority) }}
{%- endif %}
{{- set('LAN Port Mode', 1 if phone.vlan.pc_port_id is none else 2) }}
{%- if phone.vlan.pc_port_id is not none %}
{{- set('LAN Port VLAN ID', phone.vlan.pc_port_id) }}
{%- endif %}
{%- endif %}

<DATE CONFIG MODULE>
{%- if phone.ntp %}
{{- set('Enable SNTP', 1) }}
{{- set('SNTP Server', phone.ntp) }}
{%- endif %}
{%- if phone.zone %}
{{- set('Time Zone', phone.zone.offset_s // 900) }}
{{- set('Time Zone Name', 'UTC%s%d%s' % (phone.zone.sign, phone.zone.hours, ':%02d' % phone.zone.minutes if phone.zone.minutes else '')) }}
{{- set('Enable DST', 2 if phone.zone.summer else 0) }}
{%- if phone.zone.summer %}
{{- set('DST Min Offset', phone.zone.summer.save_s // 60) }}
{%- for name, switch in [('Start', phone.zone.summer.start), ('End', phone.zone.summer.end)] %}
{{- set('DST ' ~ name ~ ' Mon', switch.month) }}
{{- set('DST ' ~ name ~ ' Week', switch.week) }}
{{- set('DST ' ~ name ~ ' Wday', switch.weekday) }}
{{- set('DST ' ~ name ~ ' Hour', switch.hour) }}
{{- set('DST ' ~ name ~ ' Min', switch.minute) }}
{%- endfor %}
{%- endif %}
{%- endif %}

<SIP CONFIG MODULE>
{%- for position in range(1, phone.line_places + 1) %}
{%- set line = phone.line(position) %}
{%- set sip = 'SIP' ~ position %}
{{- set(sip ~ ' Enable Reg', 1 if line else 0) }}
{%- if line %}
{{- set(sip ~ ' Phone Number', line.username) }}
{{- set(sip ~ ' Display Name', line.display_name) }}
{{- server(sip ~ ' Register', line.registrar) }}
{{- set(sip ~ ' Register User', line.auth_username) }}
{{- set(sip ~ ' Register Pswd', line.password) }}
{{- server(sip ~ ' Backup', line.backup_registrar) }}
{{- set(sip ~ ' Backup Transport', TRANSPORT[line.transport]) }}
{{- server(sip ~ ' Proxy', line.route) }}
{{- server(sip ~ ' BakProxy', line.backup_route) }}
{{- set(sip ~ ' Transport', TRANSPORT[line.transport]) }}
{{- set(sip ~ ' RTP Encryption', SRTP[line.srtp]) }}
{{- set(sip ~ ' DTMF Mode', DTMF.get(line.dtmf, 1)) }}
{{- set(sip ~ ' VoiceCodecMap', phone.codecs | select('in', CODECS) | join(',')) }}
{{- set(sip ~ ' Subscribe MWI', 1 if line.subscribe_mwi else 0) }}
{{- set(sip ~ ' MWI Num', line.voicemail or '') }}
{{- set(sip ~ ' Pickup Num', exten_pickup_call or '') }}
{{- set(sip ~ ' Park Num', exten_park or '') }}
{%- endif %}
{%- endfor %}

<PHONE CONFIG MODULE>
{%- if phone.language in LANGUAGES %}
{{- set('Default Language', phone.language) }}
{%- endif %}
{%- if phone.admin.password %}
{{- set('Menu Password', phone.admin.password) }}
{%- endif %}
{{- set('Xml PhoneBook1 Name', 'XiVO' if phone.phonebook_url else '') }}
{{- set('Xml PhoneBook1 Addr', phone.phonebook_url or '') }}

<DSSKEY CONFIG MODULE>
{%- for position in range(1, phone.key_places + 1) %}
{%- set key = phone.key(position) %}
{%- set line = phone.line(position) %}
{%- set name = 'Fkey' ~ position %}
{{- set(name ~ ' Type', DIALLED if key else (LINE if line else 0)) }}
{{- set(name ~ ' Value', '%s@%d/%s%s' % (key.value, key.line, SUFFIX[key.type], exten_pickup_call ~ key.value if key.type == 'blf' and exten_pickup_call else '') if key else ('SIP%d' % position if line else '')) }}
{{- set(name ~ ' Title', key.label if key else (line.label if line else '')) }}
{%- endfor %}

<MMI CONFIG MODULE>
{%- for number, account, level in [(1, phone.admin, 10), (2, phone.user, 5)] if account.password %}
{{- set('Account%d Name' % number, account.username or ('admin' if number == 1 else 'user')) }}
{{- set('Account%d Password' % number, account.password) }}
{{- set('Account%d Level' % number, level) }}
{%- endfor %}

<LOG CONFIG MODULE>
{{- set('Syslog Enable', 1 if phone.syslog else 0) }}
{%- if phone.syslog %}
{{- set('SyslogServer Addr', phone.syslog.host) }}
{{- set('SyslogServer Port', phone.syslog.port) }}
{{- set('Syslog Level', LEVEL.get(phone.syslog.level, 4)) }}
{%- endif %}

<AUTOUPDATE CONFIG MODULE>
{{- set('Download Server IP', phone.server_url ~ '/Fanvil') }}
{{- set('Config File Name', phone.mac ~ '.cfg') }}
{{- set('Download Protocol', 5 if phone.server_url.startswith('https:') else 4) }}

<<END OF FILE>>
