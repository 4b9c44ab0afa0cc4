<?xml version="1.0" encoding="UTF-8"?>
<device>
  <deviceProtocol>SIP</deviceProtocol>
{%- if phone.admin.password %}
  <sshUserId>{{ phone.admin.username or "admin" }}</sshUserId>
  <sshPassword>{{ phone.admin.password }}</sshPassword>
{%- endif %}
  <devicePool>
    <dateTimeSetting>
      <dateTemplate>{{ "M/D/YA" if phone.country == "US" else "D/M/Y" }}</dateTemplate>
{%- if phone.zone %}
      <timeZone>GMT{{ phone.zone.sign }}{{ "%02d:%02d" | format(phone.zone.hours, phone.zone.minutes) }}</timeZone>
{%- endif %}
{%- if phone.ntp %}
      <ntps>
        <ntp>
          <name>{{ phone.ntp }}</name>
          <ntpMode>Unicast</ntpMode>
        </ntp>
      </ntps>
{%- endif %}
    </dateTimeSetting>
{%- if phone.lines %}
{%- set first = phone.lines[0] %}
    <callManagerGroup>
      <members>
{%- for server in [first.proxy] + ([first.backup_proxy] if first.backup_proxy else []) %}
        <member priority="{{ loop.index0 }}">
          <callManager>
            <ports>
              <sipPort>{{ server.port }}</sipPort>
              <securedSipPort>{{ server.port if phone.transport == "tls" else 5061 }}</securedSipPort>
            </ports>
            <processNodeName>{{ server.host }}</processNodeName>
          </callManager>
        </member>
{%- endfor %}
      </members>
    </callManagerGroup>
{%- endif %}
  </devicePool>
  <sipProfile>
    <sipProxies>
{%- if phone.lines and phone.lines[0].backup_proxy %}
      <backupProxy>{{ phone.lines[0].backup_proxy.host }}</backupProxy>
      <backupProxyPort>{{ phone.lines[0].backup_proxy.port }}</backupProxyPort>
{%- endif %}
{%- if phone.lines and phone.lines[0].outbound_proxy %}
      <outboundProxy>{{ phone.lines[0].outbound_proxy.host }}</outboundProxy>
      <outboundProxyPort>{{ phone.lines[0].outbound_proxy.port }}</outboundProxyPort>
{%- endif %}
      <registerWithProxy>true</registerWithProxy>
    </sipProxies>
    <sipStack>
      <timerRegisterExpires>3600</timerRegisterExpires>
    </sipStack>
    <preferredCodec>{{ {"G711a": "g711alaw", "G711u": "g711ulaw", "G729a": "g729a"}.get(codecs[0], "g711alaw") if codecs else "g711alaw" }}</preferredCodec>
    <dtmfAvtPayload>101</dtmfAvtPayload>
    <dtmfOutofBand>{{ "none" if phone.lines and phone.lines[0].dtmf == "RTP-in-band" else "avt" }}</dtmfOutofBand>
    <sipLines>
{%- for line in phone.lines %}
      <line button="{{ line.position }}">
        <featureID>9</featureID>
        <featureLabel>{{ line.label }}</featureLabel>
        <proxy>{{ line.proxy.host }}</proxy>
        <port>{{ line.proxy.port }}</port>
        <name>{{ line.username }}</name>
        <displayName>{{ line.display_name }}</displayName>
        <contact>{{ line.username }}</contact>
        <authName>{{ line.auth_username }}</authName>
        <authPassword>{{ line.password }}</authPassword>
        <messagesNumber>{{ line.voicemail or "" }}</messagesNumber>
      </line>
{%- endfor %}
    </sipLines>
    <dialTemplate>dialplan.xml</dialTemplate>
{%- if phone.syslog %}
    <syslogServer>{{ phone.syslog.host }}:{{ phone.syslog.port }}</syslogServer>
{%- endif %}
  </sipProfile>
{%- if phone.language and phone.country %}
  <userLocale>
    <langCode>{{ phone.language }}_{{ phone.country }}</langCode>
  </userLocale>
{%- endif %}
  <transportLayerProtocol>{{ {"tcp": 1, "udp": 2, "tls": 3}[phone.transport] }}</transportLayerProtocol>
  <deviceSecurityMode>{{ 3 if phone.transport == "tls" else 1 }}</deviceSecurityMode>
</device>
