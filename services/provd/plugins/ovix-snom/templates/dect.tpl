{%- set TRANSPORT = {'udp': 0, 'tcp': 1, 'tls': 2} %}
{%- set SRTP = {'disabled': 0, 'preferred': 1, 'required': 2} %}
{%- set DTMF = {'RTP-in-band': 3, 'RTP-out-of-band': 1, 'SIP-INFO': 2} %}
{%- set CODEC = {'PCMU': 0, 'PCMA': 1, 'G726-32': 2, 'G729': 3, 'G722': 4, 'OPUS': 5} %}
{%- macro address(server) %}{{ '%s:%d' % (server.host, server.port) if server }}{% endmacro -%}
<?xml version="1.0" encoding="UTF-8"?>
<settings>
  <global>
    <network_vlan_id>{{ phone.vlan.id if phone.vlan else 0 }}</network_vlan_id>
    <network_vlan_user_priority>{{ phone.vlan.priority if phone.vlan and phone.vlan.priority is not none else 0 }}</network_vlan_user_priority>
{%- if phone.dns %}
    <network_dns_server1>{{ phone.dns }}</network_dns_server1>
{%- endif %}
{%- if phone.ntp %}
    <network_sntp_server>{{ phone.ntp }}</network_sntp_server>
{%- endif %}
    <management_transfer_protocol>{{ 2 if phone.server_url.startswith('https:') else 1 }}</management_transfer_protocol>
    <network_fwu_server>{{ phone.server_url }}</network_fwu_server>
    <management_syslog_level>{{ 4 if phone.syslog else 0 }}</management_syslog_level>
    <network_syslog_server>{{ phone.syslog.host if phone.syslog else '' }}</network_syslog_server>
    <network_syslog_port>{{ phone.syslog.port if phone.syslog else 514 }}</network_syslog_port>
{%- if phone.zone %}
    <timezone_by_country_region>0</timezone_by_country_region>
    <timezone_offset>{{ phone.zone.sign }}{{ '%d:%02d' % (phone.zone.hours, phone.zone.minutes) }}</timezone_offset>
    <dst_enable>{{ 1 if phone.zone.summer else 0 }}</dst_enable>
{%- if phone.zone.summer %}
    <dst_fixed_day_enable>0</dst_fixed_day_enable>
{%- for name, switch in [('start', phone.zone.summer.start), ('stop', phone.zone.summer.end)] %}
    <dst_{{ name }}_month>{{ switch.month }}</dst_{{ name }}_month>
    <dst_{{ name }}_time>{{ switch.hour }}</dst_{{ name }}_time>
    <dst_{{ name }}_day_of_week>{{ switch.weekday }}</dst_{{ name }}_day_of_week>
    <dst_{{ name }}_wday_last>{{ 1 if switch.week == 5 else 0 }}</dst_{{ name }}_wday_last>
    <dst_{{ name }}_day_occurrence>{{ switch.week }}</dst_{{ name }}_day_occurrence>
{%- endfor %}
{%- endif %}
{%- endif %}
{%- if phone.admin.password %}
    <web_username>{{ phone.admin.username or 'admin' }}</web_username>
    <web_password>{{ phone.admin.password }}</web_password>
{%- endif %}
{%- if phone.phonebook_url %}
    <phonebook_server_location>{{ phone.phonebook_url }}</phonebook_server_location>
{%- endif %}
  </global>
  <server>
{%- for line in phone.lines %}
    <srv_sip_server_alias id="{{ line.position }}">Line {{ line.position }}</srv_sip_server_alias>
    <srv_sip_registrar id="{{ line.position }}">{{ address(line.registrar) }}</srv_sip_registrar>
    <srv_sip_proxy id="{{ line.position }}">{{ address(line.route) }}</srv_sip_proxy>
    <srv_sip_transport id="{{ line.position }}">{{ TRANSPORT[line.transport] }}</srv_sip_transport>
    <srv_srtp_enable id="{{ line.position }}">{{ SRTP[line.srtp] }}</srv_srtp_enable>
{%- if line.dtmf in DTMF %}
    <srv_dtmf_signalling id="{{ line.position }}">{{ DTMF[line.dtmf] }}</srv_dtmf_signalling>
{%- endif %}
    <srv_codec_priority id="{{ line.position }}">{% for name in phone.codecs if name in CODEC %}{{ CODEC[name] }}{{ ',' if not loop.last }}{% endfor %}</srv_codec_priority>
{%- endfor %}
  </server>
  <extensions>
{%- for line in phone.lines %}
    <subscr_dect_ipui id="{{ line.position }}">0xFFFFFFFFFF</subscr_dect_ipui>
    <subscr_sip_line_name id="{{ line.position }}">{{ line.label }}</subscr_sip_line_name>
    <subscr_sip_ua_data_server_id id="{{ line.position }}">{{ line.position }}</subscr_sip_ua_data_server_id>
    <subscr_sip_ua_data_sip_name id="{{ line.position }}">{{ line.username }}</subscr_sip_ua_data_sip_name>
    <subscr_sip_ua_data_sip_name_alias id="{{ line.position }}">{{ line.display_name }}</subscr_sip_ua_data_sip_name_alias>
    <subscr_sip_ua_data_auth_name id="{{ line.position }}">{{ line.auth_username }}</subscr_sip_ua_data_auth_name>
    <subscr_sip_ua_data_auth_pass id="{{ line.position }}">{{ line.password }}</subscr_sip_ua_data_auth_pass>
    <subscr_sip_ua_data_voice_mail_number id="{{ line.position }}">{{ line.voicemail or '' }}</subscr_sip_ua_data_voice_mail_number>
{%- endfor %}
  </extensions>
</settings>
