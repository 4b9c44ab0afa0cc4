<?xml version="1.0" encoding="UTF-8"?>
<ProviderFrame xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="ProviderSettings.xsd">
  <Provider>
    <MAC_ADDRESS value="{{ phone.MAC }}"/>
    <PROFILE_NAME class="string" value="Ovix"/>
{%- macro item(name, value) %}
    <SYMB_ITEM ID="{{ name }}" class="symb_item" value='{{ value }}'/>
{%- endmacro %}
{{- item("BS_IP_Data1.ucB_AUTO_UPDATE_PROFILE", number(1)) }}
{{- item("BS_IP_Data1.ucI_ONESHOT_PROVISIONING_MODE_1", number(1)) }}
{%- if phone.ntp %}
{{- item("BS_IP_Data1.ucB_USE_NTP_SERVER", number(1)) }}
{{- item("BS_IP_Data1.aucS_NTP_SERVER", text(phone.ntp)) }}
{%- endif %}
{%- if phone.dns %}
{{- item("BS_IP_Data1.aucS_DNS_SERVER_1", text(phone.dns)) }}
{%- endif %}
{%- if phone.vlan %}
{{- item("BS_IP_Data1.ucB_VLAN_ENABLED", number(1)) }}
{{- item("BS_IP_Data1.uiI_VLAN_ID", number(phone.vlan.id)) }}
{{- item("BS_IP_Data1.ucI_VLAN_PRIORITY", number(phone.vlan.priority or 0)) }}
{%- endif %}
{%- if phone.syslog %}
{{- item("BS_IP_Data1.ucB_SYSLOG_ENABLED", number(1)) }}
{{- item("BS_IP_Data1.aucS_SYSLOG_SERVER", text(phone.syslog.host)) }}
{{- item("BS_IP_Data1.uiI_SYSLOG_PORT", number(phone.syslog.port)) }}
{%- endif %}
{%- if country_code %}
{{- item("BS_IP_Data1.aucS_COUNTRY_CODE", text(country_code)) }}
{%- endif %}
{%- if phone.admin.password %}
{{- item("BS_IP_Data1.aucS_WEBUI_PASSWORD", text(phone.admin.password)) }}
{%- endif %}
{%- if phone.phonebook_url %}
{{- item("BS_IP_Data3.ucI_ACTIVATE_NET_DIRECTORY", number(1)) }}
{{- item("BS_IP_Data3.aucS_NET_DIRECTORY_NAME", text("Ovix")) }}
{{- item("BS_IP_Data3.aucS_NET_DIRECTORY_URL", text(phone.phonebook_url)) }}
{%- endif %}
{{- item("BS_IP_Data1.ucI_SIP_TRANSPORT_PROTOCOL", number(transport)) }}
{%- set mode = phone.lines[0].dtmf if phone.lines else none %}
{%- if mode in dtmf %}
{{- item("BS_IP_Data1.ucI_DTMF_TX_MODE_BITS", number(dtmf[mode])) }}
{%- endif %}
{%- if phone.lines and phone.lines[0].srtp != "disabled" %}
{{- item("BS_IP_Data1.ucB_USE_SRTP", number(1)) }}
{{- item("BS_IP_Data1.ucB_ACCEPT_NON_SRTP_CALLS", number(0 if phone.lines[0].srtp == "required" else 1)) }}
{%- endif %}
{%- for line in accounts %}
{%- set suffix = "" if line.position == 1 else "_%d" | format(line.position) %}
{%- set server = line.registrar %}
{{- item("BS_IP_Data1.aucS_SIP_ACCOUNT_NAME_%d" | format(line.position), text(line.label)) }}
{{- item("BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_%d" | format(line.position), number(1)) }}
{{- item("BS_IP_Data1.aucS_SIP_LOGIN_ID" ~ suffix, text(line.auth_username)) }}
{{- item("BS_IP_Data1.aucS_SIP_PASSWORD" ~ suffix, text(line.password)) }}
{{- item("BS_IP_Data1.aucS_SIP_USER_ID" ~ suffix, text(line.username)) }}
{{- item("BS_IP_Data1.aucS_SIP_DISPLAYNAME" ~ suffix, text(line.display_name)) }}
{{- item("BS_IP_Data1.aucS_SIP_DOMAIN" ~ suffix, text(line.proxy.host)) }}
{{- item("BS_IP_Data1.aucS_SIP_SERVER" ~ suffix, text(line.proxy.host)) }}
{{- item("BS_IP_Data1.uiI_SIP_SERVER_PORT" ~ suffix, number(line.proxy.port)) }}
{{- item("BS_IP_Data1.aucS_SIP_REGISTRAR" ~ suffix, text(line.registrar.host)) }}
{{- item("BS_IP_Data1.uiI_SIP_REGISTRAR_PORT" ~ suffix, number(line.registrar.port)) }}
{{- item("BS_IP_Data1.uiI_RE_REGISTRATION_TIMER" ~ suffix, number(180)) }}
{{- item("BS_IP_Data1.ucI_OUTBOUND_PROXY_MODE" ~ suffix, number(1 if line.outbound_proxy else 0)) }}
{%- if line.outbound_proxy %}
{{- item("BS_IP_Data1.aucS_OUTBOUND_PROXY" ~ suffix, text(line.outbound_proxy.host)) }}
{{- item("BS_IP_Data1.uiI_OUTBOUND_PROXY_PORT" ~ suffix, number(line.outbound_proxy.port)) }}
{%- endif %}
{%- if line.backup_proxy %}
{{- item("BS_IP_Data1.ucB_USE_BACKUP_SERVER" ~ suffix, number(1)) }}
{{- item("BS_IP_Data1.aucS_BACKUP_SERVER" ~ suffix, text(line.backup_proxy.host)) }}
{{- item("BS_IP_Data1.uiI_BACKUP_SERVER_PORT" ~ suffix, number(line.backup_proxy.port)) }}
{%- endif %}
{%- if line.voicemail %}
{{- item("BS_IP_Data1.ucB_VOICE_MAIL_ACTIVE_%d" | format(line.position), number(1)) }}
{{- item("BS_IP_Data1.aucS_VOICE_MAIL_MAILBOX" ~ suffix, text(line.voicemail)) }}
{%- endif %}
{%- if line.position <= 6 %}
{{- item("BS_Accounts.astAccounts[%d].aucAccountName[0]" | format(line.position - 1), text(line.label)) }}
{{- item("BS_Accounts.astAccounts[%d].uiSendMask" | format(line.position - 1), number(2 ** (line.position - 1))) }}
{{- item("BS_Accounts.astAccounts[%d].uiReceiveMask" | format(line.position - 1), number(2 ** (line.position - 1))) }}
{%- endif %}
{%- endfor %}
{%- for position in unused %}
{{- item("BS_IP_Data1.ucB_SIP_ACCOUNT_IS_ACTIVE_%d" | format(position), number(0)) }}
{%- endfor %}
  </Provider>
</ProviderFrame>
