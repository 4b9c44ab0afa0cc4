<?xml version="1.0" encoding="UTF-8"?>
<settings>
  <phone-settings>
    <setting_server>{{ server_url }}/snom{{ model }}.htm?mac={mac}</setting_server>
    <update_policy>settings_only</update_policy>
  </phone-settings>
</settings>
