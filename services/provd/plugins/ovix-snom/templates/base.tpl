{%- set SAVP = {'preferred': 'optional', 'required': 'mandatory'} %}
{%- set DTMF_INFO = {'RTP-in-band': 'off', 'RTP-out-of-band': 'off', 'SIP-INFO': 'sip_info_only'} %}
{%- set CODEC = {'PCMU': 'pcmu', 'PCMA': 'pcma', 'G722': 'g722', 'G729': 'g729', 'G726-32': 'g726-32', 'GSM': 'gsm', 'OPUS': 'opus'} %}
{%- set LOG_LEVEL = {'critical': 1, 'error': 3, 'warning': 5, 'info': 7, 'debug': 9} %}
{%- set LANGUAGE = {
  'cs': 'Cestina', 'da': 'Dansk', 'de': 'Deutsch', 'en': 'English', 'es': 'Español',
  'fi': 'Suomi', 'fr': 'Français', 'it': 'Italiano', 'nl': 'Nederlands', 'no': 'Norsk',
  'pl': 'Polski', 'pt': 'Português', 'ru': 'Русский', 'sv': 'Svenska', 'tr': 'Türkçe',
} %}
{%- set TONES = {
  'AT': 'AUT', 'AU': 'AUS', 'CA': 'USA', 'CH': 'SWI', 'CN': 'CHN', 'DE': 'GER', 'DK': 'DNK',
  'ES': 'ESP', 'FR': 'FRA', 'GB': 'GBR', 'IN': 'IND', 'IT': 'ITA', 'JP': 'JPN', 'MX': 'MEX',
  'NL': 'NLD', 'NO': 'NOR', 'NZ': 'NZL', 'SE': 'SWE', 'US': 'USA',
} %}
{#- Identities beyond those of the lines, which a line turns to when its registrar is away. -#}
{%- set first_spare = (phone.lines[-1].position if phone.lines else 0) + 1 %}
{%- macro day(switch) %}{{ '%02d.%02d.%02d %02d:%02d:00' % (switch.month, switch.week, switch.iso_weekday, switch.hour, switch.minute) }}{% endmacro %}
{%- macro address(server) %}{{ server.host }}{{ ':%d' % server.port if server.port != 5060 }}{% endmacro %}
{%- macro identity(idx, line, registrar, route, spare) %}
    <user_active idx="{{ idx }}" perm="R">on</user_active>
    <user_realname idx="{{ idx }}" perm="R">{{ line.display_name }}</user_realname>
    <user_name idx="{{ idx }}" perm="R">{{ line.username }}</user_name>
    <user_pname idx="{{ idx }}" perm="R">{{ line.auth_username }}</user_pname>
    <user_pass idx="{{ idx }}" perm="R">{{ line.password }}</user_pass>
    <user_idle_text idx="{{ idx }}" perm="R">{{ line.label }}</user_idle_text>
    <user_host idx="{{ idx }}" perm="R">{{ address(registrar) }}</user_host>
{%- set first = route or registrar %}
    <user_outbound idx="{{ idx }}" perm="R">{{ 'sip:%s:%d;transport=%s' % (first.host, first.port, line.transport) if route or line.transport != 'udp' }}</user_outbound>
    <user_failover_identity idx="{{ idx }}" perm="R">{{ spare or 'none' }}</user_failover_identity>
    <user_mailbox idx="{{ idx }}" perm="R">{{ line.voicemail or '' }}</user_mailbox>
    <user_srtp idx="{{ idx }}" perm="R">{{ 'off' if line.srtp == 'disabled' else 'on' }}</user_srtp>
    <user_savp idx="{{ idx }}" perm="R">{{ SAVP.get(line.srtp, 'off') }}</user_savp>
    <user_dtmf_info idx="{{ idx }}" perm="R">{{ DTMF_INFO.get(line.dtmf, 'off') }}</user_dtmf_info>
    <codec_priority_list idx="{{ idx }}" perm="R">
{%- for name in phone.codecs if name in CODEC %}{{ CODEC[name] }},{% endfor %}
{{- '' if line.dtmf == 'RTP-in-band' else 'telephone-event' }}</codec_priority_list>
{%- endmacro %}
{%- macro dial(key) %}
{%- set line = phone.line(key.line) or (phone.lines[0] if phone.lines else none) %}
{%- set host = line.registrar.host if line else '' %}
{%- if key.type == 'blf' %}blf &lt;sip:{{ key.value }}@{{ host }}&gt;{{ '|' ~ exten_pickup_call if exten_pickup_call }}
{%- elif key.type == 'park' %}orbit &lt;sip:{{ key.value }}@{{ host }}&gt;
{%- else %}speed {{ key.value }}
{%- endif %}
{%- endmacro -%}
<?xml version="1.0" encoding="UTF-8"?>
<settings>
  <phone-settings>
    <setting_server perm="R">{{ phone.server_url }}/{{ phone.MAC }}.xml</setting_server>
    <update_policy perm="R">settings_only</update_policy>
    <pnp_config perm="R">off</pnp_config>
{%- if phone.dns %}
    <dns_server1 perm="R">{{ phone.dns }}</dns_server1>
{%- endif %}
{%- if phone.ntp %}
    <ntp_server perm="R">{{ phone.ntp }}</ntp_server>
{%- endif %}
    <vlan_id perm="R">{{ phone.vlan.id if phone.vlan else '' }}</vlan_id>
    <vlan_qos perm="R">{{ phone.vlan.priority if phone.vlan and phone.vlan.priority is not none else '' }}</vlan_qos>
    <vlan_port_tagging perm="R">{{ 'on' if phone.vlan and phone.vlan.pc_port_id is not none else 'off' }}</vlan_port_tagging>
    <vlan_pc_id perm="R">{{ phone.vlan.pc_port_id if phone.vlan and phone.vlan.pc_port_id is not none else '' }}</vlan_pc_id>
    <syslog_server perm="R">{{ '%s:%d' % (phone.syslog.host, phone.syslog.port) if phone.syslog else '' }}</syslog_server>
{%- if phone.syslog %}
    <log_level perm="R">{{ LOG_LEVEL.get(phone.syslog.level, 5) }}</log_level>
{%- endif %}
{%- if phone.zone %}
    <timezone perm="R"></timezone>
    <utc_offset perm="R">{{ phone.zone.offset_s }}</utc_offset>
    <dst perm="R">{% if phone.zone.summer %}{{ phone.zone.summer.save_s }} {{ day(phone.zone.summer.start) }} {{ day(phone.zone.summer.end) }}{% endif %}</dst>
{%- endif %}
{%- if phone.language in LANGUAGE %}
    <language perm="RW">{{ LANGUAGE[phone.language] }}</language>
    <web_language perm="RW">{{ LANGUAGE[phone.language] }}</web_language>
{%- endif %}
{%- if phone.country in TONES %}
    <tone_scheme perm="R">{{ TONES[phone.country] }}</tone_scheme>
{%- endif %}
{%- if phone.admin.password %}
    <admin_mode_password perm="R">{{ phone.admin.password }}</admin_mode_password>
    <admin_mode_password_confirm perm="R">{{ phone.admin.password }}</admin_mode_password_confirm>
{%- endif %}
    <admin_mode perm="R">{{ 'off' if phone.admin.password else 'on' }}</admin_mode>
{%- set web = phone.user if phone.user.password else phone.admin %}
{%- if web.password %}
    <http_user perm="R">{{ web.username or 'admin' }}</http_user>
    <http_pass perm="R">{{ web.password }}</http_pass>
{%- endif %}
    <dnd_on_code perm="R">{{ exten_dnd or '' }}</dnd_on_code>
    <dnd_off_code perm="R">{{ exten_dnd or '' }}</dnd_off_code>
{%- for name, code in [('always', exten_fwd_unconditional), ('busy', exten_fwd_busy), ('time', exten_fwd_no_answer)] %}
    <redirect_{{ name }}_on_code perm="R">{{ code or '' }}</redirect_{{ name }}_on_code>
    <redirect_{{ name }}_off_code perm="R">{{ (exten_fwd_disable_all or code) if code else '' }}</redirect_{{ name }}_off_code>
{%- endfor %}
    <dkey_directory perm="R">{{ 'url ' ~ phone.phonebook_url if phone.phonebook_url else 'keyevent F_ADR_BOOK' }}</dkey_directory>
{%- if exten_voicemail %}
    <dkey_retrieve perm="R">speed {{ exten_voicemail }}</dkey_retrieve>
{%- endif %}
{%- set backed_up = phone.lines | selectattr('backup_registrar') | list %}
{%- for line in phone.lines %}
{{- identity(line.position, line, line.registrar, line.route, first_spare + backed_up.index(line) if line.backup_registrar else 0) }}
{%- endfor %}
{%- for line in backed_up %}
{{- identity(first_spare + loop.index0, line, line.backup_registrar, line.backup_route, 0) }}
{%- endfor %}
{%- for idx in range(first_spare + backed_up | length, phone.line_places + 1) %}
    <user_active idx="{{ idx }}" perm="R">off</user_active>
{%- endfor %}
  </phone-settings>
  <functionKeys e="2">
{%- for position in range(1, phone.key_places + 1) %}
{%- set key = phone.key(position) %}
{%- set line = phone.line(position) %}
{%- if key %}
    <fkey idx="{{ position - 1 }}" context="{{ key.line }}" label="{{ key.label }}" perm="R">{{ dial(key) }}</fkey>
{%- elif line %}
    <fkey idx="{{ position - 1 }}" context="{{ position }}" label="{{ line.label }}" perm="R">line</fkey>
{%- else %}
    <fkey idx="{{ position - 1 }}" context="active" label="" perm="RW">none</fkey>
{%- endif %}
{%- endfor %}
  </functionKeys>
{%- if phone.has_authorities %}
  <certificates>
    <certificate url="{{ phone.server_url }}/{{ phone.MAC }}-authorities.pem"/>
  </certificates>
{%- endif %}
</settings>
