<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<PHONE_CONFIG>
  <device device.set="1"
{%- if phone.dns %}
    device.dns.serverAddress.set="1" device.dns.serverAddress="{{ phone.dns }}"
{%- endif %}
{%- if phone.vlan %}
    device.net.vlanId.set="1" device.net.vlanId="{{ phone.vlan.id }}"
{%- endif %}
{%- if phone.syslog %}
    device.syslog.serverName.set="1" device.syslog.serverName="{{ phone.syslog.host }}{% if phone.syslog.port != 514 %}:{{ phone.syslog.port }}{% endif %}"
    device.syslog.transport.set="1" device.syslog.transport="UDP"
    device.syslog.renderLevel.set="1" device.syslog.renderLevel="{{ render_level }}"
    device.syslog.prependMac.set="1" device.syslog.prependMac="1"
{%- endif %}
{%- if phone.admin.password %}
    device.auth.localAdminPassword.set="1" device.auth.localAdminPassword="{{ phone.admin.password }}"
{%- endif %}
{%- if phone.user.password %}
    device.auth.localUserPassword.set="1" device.auth.localUserPassword="{{ phone.user.password }}"
{%- endif %}
{%- if phone.has_authorities %}
    device.sec.TLS.profile.caCertList1.set="1" device.sec.TLS.profile.caCertList1="All"
{%- endif %}
  />
{%- if phone.vlan and phone.vlan.priority is not none %}
  <qos qos.ethernet.callControl.user_priority="{{ phone.vlan.priority }}" qos.ethernet.rtp.user_priority="{{ phone.vlan.priority }}" qos.ethernet.other.user_priority="{{ phone.vlan.priority }}"/>
{%- endif %}

  <time
{%- if phone.ntp %}
    tcpIpApp.sntp.address="{{ phone.ntp }}" tcpIpApp.sntp.address.overrideDHCP="1"
{%- endif %}
{%- if phone.zone %}
    tcpIpApp.sntp.gmtOffset="{{ phone.zone.offset_s }}" tcpIpApp.sntp.gmtOffset.overrideDHCP="1"
    tcpIpApp.sntp.daylightSavings.enable="{{ 1 if phone.zone.summer else 0 }}"
{%- if phone.zone.summer %}
    tcpIpApp.sntp.daylightSavings.fixedDayEnable="0"
{%- for name, switch in (("start", phone.zone.summer.start), ("stop", phone.zone.summer.end)) %}
    tcpIpApp.sntp.daylightSavings.{{ name }}.month="{{ switch.month }}"
    tcpIpApp.sntp.daylightSavings.{{ name }}.date="{{ date_of(switch) }}"
    tcpIpApp.sntp.daylightSavings.{{ name }}.dayOfWeek="{{ switch.weekday + 1 }}"
    tcpIpApp.sntp.daylightSavings.{{ name }}.dayOfWeek.lastInMonth="{{ 1 if switch.week == 5 else 0 }}"
    tcpIpApp.sntp.daylightSavings.{{ name }}.time="{{ switch.hour }}"
{%- endfor %}
{%- endif %}
{%- endif %}
{%- if phone.country %}
    lcl.datetime.time.24HourClock="{{ 0 if twelve_hours else 1 }}"
    lcl.datetime.date.format="{{ "D,Md" if twelve_hours else "D,dM" }}"
{%- endif %}
{%- if language %}
    lcl.ml.lang="{{ language }}"
{%- endif %}
  />

  <sip
    voIpProt.SIP.specialEvent.checkSync.alwaysReboot="0"
    voIpProt.SIP.alertInfo.1.value="Auto Answer" voIpProt.SIP.alertInfo.1.class="autoAnswer"
    se.rt.autoAnswer.enabled="1"
    dialplan.digitmap="" dialplan.impossibleMatchHandling="2"
{%- for name, codec in codecs.items() %}
    voice.codecPref.{{ codec }}="{{ phone.codecs.index(name) + 1 if name in phone.codecs else 0 }}"
{%- endfor %}
{%- set dtmf = phone.lines[0].dtmf if phone.lines else none %}
{%- if dtmf %}
    tone.dtmf.viaRtp="{{ 0 if dtmf == "SIP-INFO" else 1 }}"
    tone.dtmf.rfc2833Control="{{ 1 if dtmf == "RTP-out-of-band" else 0 }}"
    voIpProt.SIP.dtmfViaSignaling.rfc2976="{{ 1 if dtmf == "SIP-INFO" else 0 }}"
{%- endif %}
    sec.srtp.enable="1"
    sec.srtp.offer="0"
{%- if phone.has_authorities %}
    sec.TLS.profileSelection.SIP="ApplicationProfile1"
{%- for certificate in authorities %}
    sec.TLS.customCaCert.{{ loop.index }}="{{ certificate }}"
    sec.TLS.profile.1.caCert.application{{ loop.index }}="1"
{%- endfor %}
{%- endif %}
{%- if exten_pickup_call %}
    feature.directedCallPickup.enabled="1"
    call.directedCallPickupMethod="legacy" call.directedCallPickupString="{{ exten_pickup_call }}"
{%- endif %}
    msg.bypassInstantMessage="1"
  />
{%- if phone.phonebook_url %}
  <directory mb.main.home="{{ phone.phonebook_url }}"/>
{%- endif %}
{%- for line in phone.lines %}
{%- set reg = "reg.%d" | format(line.position) %}

  <account
    {{ reg }}.displayName="{{ line.display_name }}" {{ reg }}.label="{{ line.label }}"
    {{ reg }}.address="{{ line.username }}"
    {{ reg }}.auth.userId="{{ line.auth_username }}" {{ reg }}.auth.password="{{ line.password }}"
    {{ reg }}.type="private" {{ reg }}.lineKeys="1"
    {{ reg }}.server.1.address="{{ line.registrar.host }}" {{ reg }}.server.1.port="{{ line.registrar.port }}" {{ reg }}.server.1.transport="{{ transport }}" {{ reg }}.server.1.expires="3600"
{%- if line.backup_registrar %}
    {{ reg }}.server.2.address="{{ line.backup_registrar.host }}" {{ reg }}.server.2.port="{{ line.backup_registrar.port }}" {{ reg }}.server.2.transport="{{ transport }}" {{ reg }}.server.2.expires="3600"
{%- endif %}
{%- set outbound = line.outbound_proxy or (line.proxy if line.proxy != line.registrar) %}
{%- if outbound %}
    {{ reg }}.outboundProxy.address="{{ outbound.host }}" {{ reg }}.outboundProxy.port="{{ outbound.port }}" {{ reg }}.outboundProxy.transport="{{ transport }}"
{%- endif %}
    {{ reg }}.srtp.enable="{{ 0 if line.srtp == "disabled" else 1 }}" {{ reg }}.srtp.offer="{{ 0 if line.srtp == "disabled" else 1 }}" {{ reg }}.srtp.require="{{ 1 if line.srtp == "required" else 0 }}"
{%- if line.subscribe_mwi %}
    msg.mwi.{{ line.position }}.subscribe="{{ line.username }}"
{%- endif %}
{%- if line.voicemail %}
    msg.mwi.{{ line.position }}.callBackMode="contact" msg.mwi.{{ line.position }}.callBack="{{ line.voicemail }}"
{%- else %}
    msg.mwi.{{ line.position }}.callBackMode="disabled"
{%- endif %}
  />
{%- endfor %}
{%- if watched %}

  <attendant attendant.reg="{{ watched[0].line }}"
{%- for key in watched %}
    attendant.resourceList.{{ loop.index }}.address="{{ key.value }}" attendant.resourceList.{{ loop.index }}.label="{{ key.label }}" attendant.resourceList.{{ loop.index }}.type="normal"
{%- endfor %}
  />
{%- endif %}
{%- if phone.keys %}

  <keys lineKey.reassignment.enabled="1"
{%- for position, category, index in line_keys %}
    lineKey.{{ position }}.category="{{ category }}" lineKey.{{ position }}.index="{{ index }}"
{%- endfor %}
  />
{%- endif %}
{%- set soft_keys = [(exten_dnd, "DND"), (exten_pickup_group, {"fr": "Intercep", "de": "Heranh."}.get(phone.language, "Pickup"))] | selectattr(0) | list %}
{%- if soft_keys %}

  <soft feature.enhancedFeatureKeys.enabled="1"
{%- for code, label in soft_keys %}
    softkey.{{ loop.index }}.enable="1" softkey.{{ loop.index }}.label="{{ label }}" softkey.{{ loop.index }}.action="{{ code }}$Tinvite$" softkey.{{ loop.index }}.use.idle="1"
{%- endfor %}
  />
{%- endif %}
</PHONE_CONFIG>
