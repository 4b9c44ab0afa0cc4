{%- macro server(name, server) %}
{%- if server %}
{{ name }}.host = {{ server.host }}
{{ name }}.port = {{ server.port }}
{%- endif %}
{%- endmacro -%}
# {{ phone.mac }}
server_url = {{ phone.server_url }}
transport = {{ phone.transport }}
codecs = {{ phone.codecs | join(',') }}
{%- if phone.has_authorities %}
authorities_url = {{ phone.server_url }}/generic/{{ phone.mac }}-authorities.pem
{%- endif %}
{%- if phone.has_identity %}
identity_url = {{ phone.server_url }}/generic/{{ phone.mac }}-identity.pem
{%- endif %}
{%- for line in phone.lines %}
{%- set name = 'line.' ~ line.position %}
{{ name }}.username = {{ line.username }}
{{ name }}.auth_username = {{ line.auth_username }}
{{ name }}.password = {{ line.password }}
{{ name }}.display_name = {{ line.display_name }}
{{ name }}.number = {{ line.number }}
{{- server(name ~ '.registrar', line.registrar) }}
{{- server(name ~ '.backup_registrar', line.backup_registrar) }}
{{- server(name ~ '.proxy', line.proxy) }}
{{- server(name ~ '.backup_proxy', line.backup_proxy) }}
{{- server(name ~ '.outbound_proxy', line.outbound_proxy) }}
{{ name }}.srtp = {{ line.srtp }}
{{ name }}.dtmf = {{ line.dtmf or '' }}
{{ name }}.voicemail = {{ line.voicemail or '' }}
{{ name }}.subscribe_mwi = {{ 'yes' if line.subscribe_mwi else 'no' }}
{%- endfor %}
{%- for key in phone.keys %}
{%- set name = 'key.' ~ key.position %}
{{ name }}.type = {{ key.type }}
{{ name }}.value = {{ key.value }}
{{ name }}.label = {{ key.label }}
{{ name }}.line = {{ key.line }}
{%- endfor %}
{%- if phone.zone %}
timezone = {{ phone.zone.name }}
timezone_rule = {{ phone.zone.posix }}
{%- endif %}
{%- if phone.language %}
language = {{ phone.language }}
country = {{ phone.country or '' }}
{%- endif %}
{%- if phone.dns %}
dns = {{ phone.dns }}
{%- endif %}
{%- if phone.ntp %}
ntp = {{ phone.ntp }}
{%- endif %}
{%- if phone.vlan %}
vlan.id = {{ phone.vlan.id }}
vlan.priority = {{ '' if phone.vlan.priority is none else phone.vlan.priority }}
vlan.pc_port_id = {{ '' if phone.vlan.pc_port_id is none else phone.vlan.pc_port_id }}
{%- endif %}
{%- if phone.syslog %}
syslog.host = {{ phone.syslog.host }}
syslog.port = {{ phone.syslog.port }}
syslog.level = {{ phone.syslog.level }}
{%- endif %}
{%- for name, account in [('admin', phone.admin), ('user', phone.user)] %}
{{ name }}.username = {{ account.username or '' }}
{{ name }}.password = {{ account.password or '' }}
{%- endfor %}
{%- if phone.phonebook_url %}
phonebook_url = {{ phone.phonebook_url }}
{%- endif %}
{%- for name, code in [
  ('dnd', exten_dnd), ('forward_always', exten_fwd_unconditional),
  ('forward_no_answer', exten_fwd_no_answer), ('forward_busy', exten_fwd_busy),
  ('forward_none', exten_fwd_disable_all), ('park', exten_park),
  ('pickup_group', exten_pickup_group), ('pickup', exten_pickup_call),
  ('voicemail', exten_voicemail),
] if code %}
code.{{ name }} = {{ code }}
{%- endfor %}
