{%- macro server(name, server) %}
{%- if server %}
      <{{ name }} host="{{ server.host }}" port="{{ server.port }}"/>
{%- endif %}
{%- endmacro -%}
<?xml version="1.0" encoding="UTF-8"?>
<phone mac="{{ phone.mac }}" server="{{ phone.server_url }}" transport="{{ phone.transport }}">
{%- if phone.has_authorities %}
  <authorities url="{{ phone.server_url }}/generic/{{ phone.mac }}-authorities.pem"/>
{%- endif %}
{%- if phone.has_identity %}
  <identity url="{{ phone.server_url }}/generic/{{ phone.mac }}-identity.pem"/>
{%- endif %}
  <codecs>
{%- for codec in phone.codecs %}
    <codec name="{{ codec }}"/>
{%- endfor %}
  </codecs>
  <lines>
{%- for line in phone.lines %}
    <line position="{{ line.position }}">
      <username>{{ line.username }}</username>
      <auth-username>{{ line.auth_username }}</auth-username>
      <password>{{ line.password }}</password>
      <display-name>{{ line.display_name }}</display-name>
      <number>{{ line.number }}</number>
{{- server('registrar', line.registrar) }}
{{- server('backup-registrar', line.backup_registrar) }}
{{- server('proxy', line.proxy) }}
{{- server('backup-proxy', line.backup_proxy) }}
{{- server('outbound-proxy', line.outbound_proxy) }}
      <srtp>{{ line.srtp }}</srtp>
      <dtmf>{{ line.dtmf or '' }}</dtmf>
      <voicemail>{{ line.voicemail or '' }}</voicemail>
      <subscribe-mwi>{{ 'yes' if line.subscribe_mwi else 'no' }}</subscribe-mwi>
    </line>
{%- endfor %}
  </lines>
  <keys>
{%- for key in phone.keys %}
    <key position="{{ key.position }}">
      <type>{{ key.type }}</type>
      <value>{{ key.value }}</value>
      <label>{{ key.label }}</label>
      <line>{{ key.line }}</line>
    </key>
{%- endfor %}
  </keys>
{%- if phone.zone %}
  <timezone name="{{ phone.zone.name }}" rule="{{ phone.zone.posix | e }}"/>
{%- endif %}
{%- if phone.language %}
  <locale language="{{ phone.language }}" country="{{ phone.country or '' }}"/>
{%- endif %}
{%- if phone.dns %}
  <dns>{{ phone.dns }}</dns>
{%- endif %}
{%- if phone.ntp %}
  <ntp>{{ phone.ntp }}</ntp>
{%- endif %}
{%- if phone.vlan %}
  <vlan>
    <id>{{ phone.vlan.id }}</id>
    <priority>{{ '' if phone.vlan.priority is none else phone.vlan.priority }}</priority>
    <pc-port-id>{{ '' if phone.vlan.pc_port_id is none else phone.vlan.pc_port_id }}</pc-port-id>
  </vlan>
{%- endif %}
{%- if phone.syslog %}
  <syslog host="{{ phone.syslog.host }}" port="{{ phone.syslog.port }}" level="{{ phone.syslog.level }}"/>
{%- endif %}
{%- for name, account in [('admin', phone.admin), ('user', phone.user)] %}
  <{{ name }}>
    <username>{{ account.username or '' }}</username>
    <password>{{ account.password or '' }}</password>
  </{{ name }}>
{%- endfor %}
{%- if phone.phonebook_url %}
  <phonebook>{{ phone.phonebook_url }}</phonebook>
{%- endif %}
  <codes>
{%- for name, code in [
  ('dnd', exten_dnd), ('forward-always', exten_fwd_unconditional),
  ('forward-no-answer', exten_fwd_no_answer), ('forward-busy', exten_fwd_busy),
  ('forward-none', exten_fwd_disable_all), ('park', exten_park),
  ('pickup-group', exten_pickup_group), ('pickup', exten_pickup_call),
  ('voicemail', exten_voicemail),
] if code %}
    <{{ name }}>{{ code }}</{{ name }}>
{%- endfor %}
  </codes>
</phone>
