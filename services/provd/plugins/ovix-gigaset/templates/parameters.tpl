<?xml version="1.0" encoding="UTF-8"?>
<provisioning version="1.1" productID="e2">
  <nvm>
{%- macro param(name, value) %}
    <param name="{{ name }}" value="{{ value }}"/>
{%- endmacro %}
{%- if phone.ntp %}
{{- param("DmGlobal.0.TimeServer1", phone.ntp) }}
{%- endif %}
{%- if phone.zone %}
{{- param("DmGlobal.0.TimeZone", phone.zone.name) }}
{{- param("DmGlobal.0.TimeZonePosix", phone.zone.posix | e) }}
{%- endif %}
{%- if phone.country %}
{{- param("DmGlobal.0.ToneScheme", phone.country) }}
{%- endif %}
{%- if phone.language %}
{{- param("WebUI.Language", phone.language) }}
{%- endif %}
{%- if country_code %}
{{- param("DmGlobal.0.CountryCode", country_code) }}
{%- endif %}
{%- if phone.dns %}
{{- param("Network.DnsServer1", phone.dns) }}
{%- endif %}
{%- if phone.vlan %}
{{- param("Network.VlanEnabled", 1) }}
{{- param("Network.VlanId", phone.vlan.id) }}
{%- if phone.vlan.priority is not none %}
{{- param("Network.VlanPriority", phone.vlan.priority) }}
{%- endif %}
{%- endif %}
{%- if phone.syslog %}
{{- param("SysLog.Active", 1) }}
{{- param("SysLog.ServerAddress", phone.syslog.host) }}
{{- param("SysLog.ServerPort", phone.syslog.port) }}
{%- endif %}
{%- if phone.admin.password %}
{{- param("WebUI.AdminPassword", phone.admin.password) }}
{%- endif %}
{%- if phone.user.password %}
{{- param("WebUI.UserPassword", phone.user.password) }}
{%- endif %}
{%- if phone.phonebook_url %}
{{- param("XmlNetDir.0.Enable", 1) }}
{{- param("XmlNetDir.0.Name", "Ovix") }}
{{- param("XmlNetDir.0.ServerURL", phone.phonebook_url) }}
{%- endif %}
{%- for line in providers %}
{%- set provider = "SipProvider.%d." | format(loop.index0) %}
{{- param(provider ~ "Name", line.proxy.host) }}
{{- param(provider ~ "Domain", line.proxy.host) }}
{{- param(provider ~ "ProxyServerAddress", line.proxy.host) }}
{{- param(provider ~ "ProxyServerPort", line.proxy.port) }}
{{- param(provider ~ "RegServerAddress", line.registrar.host) }}
{{- param(provider ~ "RegServerPort", line.registrar.port) }}
{{- param(provider ~ "RegServerRefreshTime", 600) }}
{{- param(provider ~ "TransportProtocol", transport) }}
{{- param(provider ~ "OutboundProxyMode", 1 if line.outbound_proxy else 0) }}
{%- if line.outbound_proxy %}
{{- param(provider ~ "OutboundProxyAddress", line.outbound_proxy.host) }}
{{- param(provider ~ "OutboundProxyPort", line.outbound_proxy.port) }}
{%- endif %}
{%- if line.backup_proxy %}
{{- param(provider ~ "FailoverServerEnabled", 1) }}
{{- param(provider ~ "FailoverServerAddress", line.backup_proxy.host) }}
{{- param(provider ~ "FailoverServerPort", line.backup_proxy.port) }}
{%- endif %}
{{- param(provider ~ "MwiSubscription", 1 if line.subscribe_mwi else 0) }}
{{- param(provider ~ "SRTP_Enabled", 0 if line.srtp == "disabled" else 1) }}
{{- param(provider ~ "AcceptNonSRTPCalls", 0 if line.srtp == "required" else 1) }}
{%- if line.dtmf in dtmf %}
{{- param(provider ~ "DtmfTransmission", dtmf[line.dtmf]) }}
{%- endif %}
{{- param(provider ~ "Codecs", codecs) }}
{%- endfor %}
{%- for line in accounts %}
{%- set account = "SipAccount.%d." | format(line.position) %}
{{- param(account ~ "IsActive", 1) }}
{{- param(account ~ "ProviderId", provider_of[line.position]) }}
{{- param(account ~ "AuthName", line.auth_username) }}
{{- param(account ~ "AuthPassword", line.password) }}
{{- param(account ~ "UserName", line.username) }}
{{- param(account ~ "DisplayName", line.display_name) }}
{%- if line.voicemail %}
{{- param(account ~ "VoiceMailNumber", line.voicemail) }}
{%- endif %}
{%- set handset = "hs.%d." | format(line.position) %}
{{- param(handset ~ "RegStatus", "ToReg") }}
{{- param(handset ~ "DECT_AC", access_code) }}
{{- param(handset ~ "Name", line.label) }}
{%- endfor %}
{%- for position in unused %}
{{- param("SipAccount.%d.IsActive" | format(position), 0) }}
{%- endfor %}
  </nvm>
</provisioning>
