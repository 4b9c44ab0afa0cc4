<?xml version="1.0" encoding="UTF-8"?>
{#- The phone keeps what isn't mentioned: what it is to lose is written without a value. #}
<flat-profile>
  <!-- Provisioning -->
  <Provision_Enable ua="na">Yes</Provision_Enable>
  <Resync_On_Reset ua="na">Yes</Resync_On_Reset>
  <Resync_From_SIP ua="na">Yes</Resync_From_SIP>
  <Profile_Rule ua="na">{{ phone.server_url }}/$MA.xml</Profile_Rule>
  <Custom_CA_URL ua="na">{% if phone.has_authorities %}{{ phone.server_url }}/{{ phone.mac }}-authorities.pem{% endif %}</Custom_CA_URL>

  <!-- System -->
{%- if phone.admin.password %}
  <Enable_Web_Admin_Access ua="na">Yes</Enable_Web_Admin_Access>
  <Admin_Passwd ua="na">{{ phone.admin.password }}</Admin_Passwd>
{%- endif %}
{%- if phone.user.password %}
  <User_Password ua="na">{{ phone.user.password }}</User_Password>
{%- endif %}
  <Primary_DNS ua="na">{{ phone.dns or "" }}</Primary_DNS>
{%- if phone.ntp %}
  <NTP_Enable ua="na">Yes</NTP_Enable>
  <Primary_NTP_Server ua="na">{{ phone.ntp }}</Primary_NTP_Server>
{%- endif %}
  <Syslog_Server ua="na">{% if phone.syslog %}{{ phone.syslog.host }}:{{ phone.syslog.port }}{% endif %}</Syslog_Server>
  <Debug_Level ua="na">{{ debug_level }}</Debug_Level>
  <Enable_VLAN ua="na">{{ "Yes" if phone.vlan else "No" }}</Enable_VLAN>
{%- if phone.vlan %}
  <VLAN_ID ua="na">{{ phone.vlan.id }}</VLAN_ID>
  <Enable_PC_Port_VLAN_Tagging ua="na">{{ "No" if phone.vlan.pc_port_id is none else "Yes" }}</Enable_PC_Port_VLAN_Tagging>
{%- if phone.vlan.pc_port_id is not none %}
  <PC_Port_VLAN_ID ua="na">{{ phone.vlan.pc_port_id }}</PC_Port_VLAN_ID>
{%- endif %}
{%- endif %}

  <!-- Regional -->
{%- if phone.zone %}
  <Time_Zone ua="na">GMT{{ phone.zone.sign }}{{ "%02d:%02d" | format(phone.zone.hours, phone.zone.minutes) }}</Time_Zone>
  <Daylight_Saving_Time_Enable ua="na">{{ "Yes" if phone.zone.summer else "No" }}</Daylight_Saving_Time_Enable>
{%- if phone.zone.summer %}
  <Daylight_Saving_Time_Rule ua="na">start={{ day(phone.zone.summer.start) }};end={{ day(phone.zone.summer.end) }};save={{ phone.zone.summer.save_s // 3600 }}:{{ phone.zone.summer.save_s % 3600 // 60 }}:0</Daylight_Saving_Time_Rule>
{%- endif %}
{%- endif %}
{%- if phone.language and phone.country %}
  <Locale ua="na">{{ phone.language }}-{{ phone.country }}</Locale>
{%- endif %}
{%- if tones %}
  <Dial_Tone ua="na">{{ script(tones.dial) }}</Dial_Tone>
  <Busy_Tone ua="na">{{ script(tones.busy) }}</Busy_Tone>
  <Reorder_Tone ua="na">{{ script(tones.congestion) }}</Reorder_Tone>
  <Ring_Back_Tone ua="na">{{ script(tones.ringback) }}</Ring_Back_Tone>
{%- endif %}
{%- for name in star_codes %}
  <{{ name }}_Code ua="na"></{{ name }}_Code>
{%- endfor %}
  <Call_Pickup_Code ua="na">{{ "" if adapter else exten_pickup_call }}</Call_Pickup_Code>

  <!-- SIP -->
  <SRTP_Method ua="na">s-descriptor</SRTP_Method>
{%- if not adapter %}

  <!-- Phone -->
  <Station_Name ua="na">{{ phone.lines[0].display_name if phone.lines }}</Station_Name>
  <Voice_Mail_Number ua="na">{{ phone.lines[0].voicemail or "" if phone.lines }}</Voice_Mail_Number>
  <Server_Type ua="na">Asterisk</Server_Type>
  <Auto_Answer_Page ua="na">Yes</Auto_Answer_Page>
  <XML_Directory_Service_Name ua="na">{{ {"fr": "Annuaire", "de": "Telefonbuch", "es": "Directorio", "it": "Rubrica"}.get(phone.language, "Directory") }}</XML_Directory_Service_Name>
  <XML_Directory_Service_URL ua="na">{{ phone.phonebook_url or "" }}</XML_Directory_Service_URL>
{%- for number in range(1, size + 1) %}
{%- set line = phone.line(number) %}
  <Extension_{{ number }}_ ua="na">{{ number if line else "Disabled" }}</Extension_{{ number }}_>
{%- if line %}
  <Short_Name_{{ number }}_ ua="na">{{ line.label }}</Short_Name_{{ number }}_>
  <Extended_Function_{{ number }}_ ua="na"></Extended_Function_{{ number }}_>
{%- else %}
  <Short_Name_{{ number }}_ ua="na">{{ line_keys[number][0] if number in line_keys }}</Short_Name_{{ number }}_>
  <Extended_Function_{{ number }}_ ua="na">{{ line_keys[number][1] if number in line_keys }}</Extended_Function_{{ number }}_>
{%- endif %}
{%- endfor %}
{%- for unit, keys in consoles.items() %}

  <!-- Attendant console {{ unit }} -->
  <Unit_{{ unit }}_Enable ua="na">{{ "Yes" if keys.values() | select | list else "No" }}</Unit_{{ unit }}_Enable>
{%- for number, function in keys.items() %}
  <Unit_{{ unit }}_Key_{{ number }} ua="na">{{ function }}</Unit_{{ unit }}_Key_{{ number }}>
{%- endfor %}
{%- endfor %}
{%- endif %}

  <!-- Accounts -->
{%- for number in range(1, size + 1) %}
{%- set line = phone.line(number) %}
  <Line_Enable_{{ number }}_ ua="na">{{ "Yes" if line else "No" }}</Line_Enable_{{ number }}_>
{%- if line %}
  <SIP_Transport_{{ number }}_ ua="na">{{ phone.transport | upper }}</SIP_Transport_{{ number }}_>
  <Auth_Resync-Reboot_{{ number }}_ ua="na">No</Auth_Resync-Reboot_{{ number }}_>
  <Proxy_{{ number }}_ ua="na">{{ proxies(line) }}</Proxy_{{ number }}_>
  <Use_DNS_SRV_{{ number }}_ ua="na">{{ "Yes" if line.backup_proxy else "No" }}</Use_DNS_SRV_{{ number }}_>
  <Proxy_Fallback_Intvl_{{ number }}_ ua="na">120</Proxy_Fallback_Intvl_{{ number }}_>
  <Use_Outbound_Proxy_{{ number }}_ ua="na">{{ "Yes" if line.outbound_proxy else "No" }}</Use_Outbound_Proxy_{{ number }}_>
  <Outbound_Proxy_{{ number }}_ ua="na">{% if line.outbound_proxy %}{{ line.outbound_proxy.host }}:{{ line.outbound_proxy.port }}{% endif %}</Outbound_Proxy_{{ number }}_>
  <Register_{{ number }}_ ua="na">Yes</Register_{{ number }}_>
  <Register_Expires_{{ number }}_ ua="na">3600</Register_Expires_{{ number }}_>
  <Display_Name_{{ number }}_ ua="na">{{ line.display_name }}</Display_Name_{{ number }}_>
  <User_ID_{{ number }}_ ua="na">{{ line.username }}</User_ID_{{ number }}_>
  <Password_{{ number }}_ ua="na">{{ line.password }}</Password_{{ number }}_>
  <Use_Auth_ID_{{ number }}_ ua="na">Yes</Use_Auth_ID_{{ number }}_>
  <Auth_ID_{{ number }}_ ua="na">{{ line.auth_username }}</Auth_ID_{{ number }}_>
  <Dial_Plan_{{ number }}_ ua="na">([0-9*#][0-9*].)</Dial_Plan_{{ number }}_>
{%- for rank in ("", "Second_", "Third_") if loop.index <= codecs | length %}
  <{{ rank }}Preferred_Codec_{{ number }}_ ua="na">{{ codecs[loop.index0] }}</{{ rank }}Preferred_Codec_{{ number }}_>
{%- endfor %}
  <Use_Pref_Codec_Only_{{ number }}_ ua="na">No</Use_Pref_Codec_Only_{{ number }}_>
  <DTMF_Tx_Method_{{ number }}_ ua="na">{{ dtmf.get(line.dtmf, "Auto") }}</DTMF_Tx_Method_{{ number }}_>
  <Secure_Call_Setting_{{ number }}_ ua="na">{{ "No" if line.srtp == "disabled" else "Yes" }}</Secure_Call_Setting_{{ number }}_>
{%- if adapter %}
  <Mailbox_Subscribe_URL_{{ number }}_ ua="na">{% if line.subscribe_mwi %}{{ line.username }}@{{ line.proxy.host }}:{{ line.proxy.port }}{% endif %}</Mailbox_Subscribe_URL_{{ number }}_>
  <Call_Waiting_Serv_{{ number }}_ ua="na">Yes</Call_Waiting_Serv_{{ number }}_>
{%- else %}
  <Mailbox_ID_{{ number }}_ ua="na">{{ line.username if line.subscribe_mwi }}</Mailbox_ID_{{ number }}_>
  <Voice_Mail_Server_{{ number }}_ ua="na">{% if line.subscribe_mwi %}{{ line.proxy.host }}:{{ line.proxy.port }}{% endif %}</Voice_Mail_Server_{{ number }}_>
{%- endif %}
{%- endif %}
{%- endfor %}
</flat-profile>
