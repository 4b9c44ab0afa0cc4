# {{ phone.model }} {{ phone.mac }}

cli version 3.20
{%- if phone.admin.password %}
administrator "{{ phone.admin.username or "admin" }}" password "{{ phone.admin.password }}"
{%- endif %}
{%- if phone.user.password %}
operator "{{ phone.user.username or "user" }}" password "{{ phone.user.password }}"
{%- endif %}
{%- if phone.zone %}
clock local default-offset {{ offset(phone.zone.offset_s) }}
{%- if phone.zone.summer %}
clock local dst-rule summer {{ offset(phone.zone.summer.save_s) }} from {{ switch(phone.zone.summer.start) }} until {{ switch(phone.zone.summer.end) }}
{%- endif %}
{%- endif %}
{%- if phone.dns %}
dns-client server "{{ phone.dns }}"
{%- endif %}
webserver port 80 language {{ phone.language if phone.language in ("de", "fr") else "en" }}
{%- if phone.ntp %}
sntp-client
sntp-client server primary "{{ phone.ntp }}" port 123 version 4
{%- else %}
no sntp-client
{%- endif %}
{%- if phone.syslog %}
{%- set severity = {"critical": "critical", "error": "error", "warning": "warning", "info": "informational", "debug": "debug"}.get(phone.syslog.level, "warning") %}

syslog-client
  remote "{{ phone.syslog.host }}" {{ phone.syslog.port }}
    facility sip severity {{ severity }}
    facility call-signal severity {{ severity }}
    facility kernel severity {{ severity }}
{%- endif %}
{%- macro levels(tone) %}{% for frequency in tone.frequencies %} {{ frequency }} -13{% endfor %}{% endmacro %}
{%- for name, tone in tones.items() %}

profile call-progress-tone TONE_{{ name | upper }}
{%- for milliseconds in tone.cadence or (1000,) %}
  {% if loop.index0 % 2 %}pause {{ loop.index }} {{ milliseconds }}{% else %}play {{ loop.index }} {{ milliseconds }}{{ levels(tone) }}{% endif %}
{%- endfor %}
{%- endfor %}

profile tone-set default
{%- for name in tones %}
  map call-progress-tone {{ name }}-tone TONE_{{ name | upper }}
{%- endfor %}

profile pstn default

profile voip default
{%- for codec in codecs %}
  codec {{ loop.index }} {{ codec }} rx-length 20 tx-length 20
{%- endfor %}
{%- for line in accounts[:1] if line.dtmf in dtmf %}
  {{ dtmf[line.dtmf] }}
{%- endfor %}
{%- for line in accounts[:1] if line.srtp != "disabled" %}
  srtp transmission {{ line.srtp }}
{%- endfor %}

profile sip default

profile aaa default
  method 1 local
  method 2 none

context ip router
  interface eth0
    ipaddress dhcp
    tcp adjust-mss rx mtu
    tcp adjust-mss tx mtu

context cs switch
  national-prefix 0
  international-prefix 00
  digit-collection timeout 4
  digit-collection terminating-char #
{%- for line in accounts %}
{%- set port = line.position - 1 %}

  interface sip SIP_{{ port }}
    bind context sip-gateway GATEWAY_{{ port }}
    route call dest-interface FXS_{{ port }}
    remote "{{ line.proxy.host }}" {{ line.proxy.port }}
    early-disconnect

  interface fxs FXS_{{ port }}
    route call dest-interface SIP_{{ port }}
    subscriber-number "{{ line.username }}"
    caller-id-presentation mid-ring
{%- if line.voicemail or line.subscribe_mwi %}
    message-waiting-indication stutter-dial-tone
    message-waiting-indication frequency-shift-keying
{%- endif %}
    call-transfer
    call-hold
    call-waiting
{%- endfor %}

context cs switch
  no shutdown
{%- for line in accounts %}
{%- set port = line.position - 1 %}

authentication-service AUTHENTICATION_{{ port }}
  username "{{ line.auth_username }}" password "{{ line.password }}"

location-service LOCATION_{{ port }}
  domain 1 "{{ line.registrar.host }}" {{ line.registrar.port }}

  identity-group default

    authentication outbound
      authenticate 1 authentication-service AUTHENTICATION_{{ port }} username "{{ line.auth_username }}"

    registration outbound
      registrar "{{ line.registrar.host }}" {{ line.registrar.port }}
{%- if line.outbound_proxy %}
      proxy 1 "{{ line.outbound_proxy.host }}" {{ line.outbound_proxy.port }}
{%- else %}
      proxy 1 "{{ line.proxy.host }}" {{ line.proxy.port }}
{%- if line.backup_proxy %}
      proxy 2 "{{ line.backup_proxy.host }}" {{ line.backup_proxy.port }}
{%- endif %}
{%- endif %}
      preferred-transport-protocol {{ phone.transport }}
      lifetime 3600
      register auto
      retry-timeout on-system-error 10
      retry-timeout on-client-error 60
      retry-timeout on-server-error 60

    call outbound
{%- if line.outbound_proxy %}
      proxy 1 "{{ line.outbound_proxy.host }}" {{ line.outbound_proxy.port }}
{%- else %}
      proxy 1 "{{ line.proxy.host }}" {{ line.proxy.port }}
{%- if line.backup_proxy %}
      proxy 2 "{{ line.backup_proxy.host }}" {{ line.backup_proxy.port }}
{%- endif %}
{%- endif %}
      preferred-transport-protocol {{ phone.transport }}
      invite-transaction-timeout 32
{%- if line.subscribe_mwi %}

    message inbound
      subscribe explicit
      lifetime 3600
      message-server "{{ line.registrar.host }}" {{ line.registrar.port }}
{%- endif %}

  identity "{{ line.username }}" inherits default
    display-name "{{ line.display_name }}"

context sip-gateway GATEWAY_{{ port }}

  interface WAN
    transport-protocol {{ "tls" if phone.transport == "tls" else "udp+tcp" }} {{ (5061 if phone.transport == "tls" else 5060) + 2 * port }}
    bind interface eth0 context router port {{ (5061 if phone.transport == "tls" else 5060) + 2 * port }}

context sip-gateway GATEWAY_{{ port }}
  bind location-service LOCATION_{{ port }}
  notify check-sync accept
  no shutdown
{%- endfor %}

port ethernet 0 0
  medium auto
{%- if phone.vlan and phone.vlan.id %}

  vlan {{ phone.vlan.id }}
    encapsulation ip
    bind interface eth0 router
{%- if phone.vlan.priority is not none %}
    map traffic-class local-voice cos {{ phone.vlan.priority }}
    map traffic-class local-default cos {{ phone.vlan.priority }}
{%- endif %}
    no shutdown
{%- else %}
  encapsulation ip
  bind interface eth0 router
{%- endif %}

port ethernet 0 0
  no shutdown
{%- for port in ports %}

port fxs 0 {{ port }}
{%- if phone.line(port + 1) %}
  use profile fxs {{ "us" if phone.country in ("CA", "US") else "etsi" }}
  encapsulation cc-fxs
  bind interface FXS_{{ port }} switch
  no shutdown
{%- else %}
  shutdown
{%- endif %}
{%- endfor %}
