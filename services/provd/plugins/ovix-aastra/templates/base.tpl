# {{ phone.model }} {{ phone.MAC }}

# ---- where the phone's files are
download protocol: {{ server.scheme | upper }}
{{ server.scheme }} server: {{ server.hostname }}
{{ server.scheme }} port: {{ server.port or (443 if server.scheme == "https" else 80) }}
{{ server.scheme }} path: {{ (server.path + "/Aastra").lstrip("/") }}

# ---- network
{%- if phone.dns %}
dns1: {{ phone.dns }}
{%- endif %}
{%- if phone.vlan %}
tagging enabled: 1
vlan id: {{ phone.vlan.id }}
vlan id port 1: {{ 4095 if phone.vlan.pc_port_id is none else phone.vlan.pc_port_id }}
{%- if phone.vlan.priority is not none %}
priority non-ip: {{ phone.vlan.priority }}
tos priority map: (26,{{ phone.vlan.priority }})(46,{{ phone.vlan.priority }})
{%- endif %}
{%- else %}
tagging enabled: 0
{%- endif %}
{%- if phone.syslog %}
{%- set mask = {"critical": 1, "error": 3, "warning": 7, "info": 47, "debug": 65535}.get(phone.syslog.level, 7) %}
log server ip: {{ phone.syslog.host }}
log server port: {{ phone.syslog.port }}
{%- for part in ("linemgr", "user interface", "misc", "sip", "ept", "ind", "provis", "snd", "net", "xml") %}
log module {{ part }}: {{ mask }}
{%- endfor %}
{%- endif %}

# ---- time
time server disabled: {{ 0 if phone.ntp else 1 }}
{%- if phone.ntp %}
time server1: {{ phone.ntp }}
{%- endif %}
{%- if phone.zone %}
time zone name: Custom
time zone minutes: {{ -(phone.zone.offset_s // 60) }}
{%- if phone.zone.summer %}
dst config: 3
dst minutes: {{ phone.zone.summer.save_s // 60 }}
{%- for name, switch in (("start", phone.zone.summer.start), ("end", phone.zone.summer.end)) %}
dst {{ name }} relative date: 1
dst {{ name }} month: {{ switch.month }}
dst {{ name }} week: {{ -1 if switch.week == 5 else switch.week }}
dst {{ name }} day: {{ switch.weekday + 1 }}
dst {{ name }} hour: {{ switch.hour }}
{%- endfor %}
{%- else %}
dst config: 0
{%- endif %}
{%- endif %}

# ---- language
{%- if phone.language %}
{%- if language_file %}
language 1: {{ language_file }}
{%- endif %}
language: {{ 1 if language_file else 0 }}
web language: {{ 1 if language_file else 0 }}
{%- if input_language %}
input language: {{ input_language }}
{%- endif %}
{%- endif %}
{%- if tone_set %}
tone set: {{ tone_set }}
time format: {{ 0 if twelve_hours else 1 }}
date format: {{ 0 if twelve_hours else 8 }}
{%- endif %}

# ---- who may change the phone
{%- if phone.admin.password %}
admin password: {{ phone.admin.password }}
{%- endif %}
{%- if phone.user.password %}
user password: {{ phone.user.password }}
{%- endif %}

# ---- SIP
sip transport protocol: {{ {"udp": 1, "tcp": 2, "tls": 4}[phone.transport] }}
{%- if phone.transport == "tls" %}
sip persistent tls: 1
{%- endif %}
{%- if phone.has_authorities %}
sips trusted certificates: {{ phone.MAC }}-authorities.pem
{%- endif %}
{%- if sip_local_root_and_intermediate_certificates %}
sips root and intermediate certificates: {{ phone.MAC }}-chain.pem
{%- endif %}
{%- if phone.has_identity %}
sips local certificate: {{ phone.MAC }}-certificate.pem
sips private key: {{ phone.MAC }}-key.pem
{%- endif %}
sip use basic codecs: 0
sip customized codec: {% for payload in payloads %}payload={{ payload }};ptime=20;silsupp=off{{ "" if loop.last else "," }}{% endfor %}
sip explicit mwi subscription: {{ 1 if phone.lines and phone.lines[0].subscribe_mwi else 0 }}
sip allow auto answer: 1
sip xml notify event: 1
{%- if exten_pickup_call %}
directed call pickup: 1
directed call pickup prefix: {{ exten_pickup_call }}
{%- endif %}
{%- if exten_pickup_group %}
sprecode: {{ exten_pickup_group }}
{%- endif %}
{%- for line in phone.lines %}
{%- set name = "sip line%d" | format(line.position) %}

{{ name }} screen name: {{ line.display_name }}
{{ name }} screen name 2: {{ line.number }}
{{ name }} display name: {{ line.display_name }}
{{ name }} user name: {{ line.username }}
{{ name }} auth name: {{ line.auth_username }}
{{ name }} password: {{ line.password }}
{{ name }} proxy ip: {{ line.proxy.host }}
{{ name }} proxy port: {{ line.proxy.port }}
{{ name }} registrar ip: {{ line.registrar.host }}
{{ name }} registrar port: {{ line.registrar.port }}
{%- if line.backup_proxy %}
{{ name }} backup proxy ip: {{ line.backup_proxy.host }}
{{ name }} backup proxy port: {{ line.backup_proxy.port }}
{%- endif %}
{%- if line.backup_registrar %}
{{ name }} backup registrar ip: {{ line.backup_registrar.host }}
{{ name }} backup registrar port: {{ line.backup_registrar.port }}
{%- endif %}
{%- if line.outbound_proxy %}
{{ name }} outbound proxy: {{ line.outbound_proxy.host }}
{{ name }} outbound proxy port: {{ line.outbound_proxy.port }}
{%- endif %}
{%- if line.dtmf %}
{{ name }} out-of-band dtmf: {{ 0 if line.dtmf == "RTP-in-band" else 1 }}
{{ name }} dtmf method: {{ 1 if line.dtmf == "SIP-INFO" else 0 }}
{%- endif %}
{{ name }} srtp mode: {{ {"disabled": 0, "preferred": 1, "required": 2}[line.srtp] }}
{%- if line.voicemail %}
{{ name }} vmail: {{ line.voicemail }}
{%- endif %}
{%- endfor %}
{%- if phone.lines and phone.lines[0].dtmf %}

sip out-of-band dtmf: {{ 0 if phone.lines[0].dtmf == "RTP-in-band" else 1 }}
{%- endif %}

# ---- keys
{%- if phone.phonebook_url and directory_script %}
directory script: {{ phone.phonebook_url }}
{%- endif %}
{%- for name, type, label, value, line in keys %}
{{ name }} type: {{ type }}
{{ name }} label: {{ label }}
{{ name }} value: {{ value }}
{%- if line %}
{{ name }} line: {{ line }}
{%- endif %}
{%- endfor %}
