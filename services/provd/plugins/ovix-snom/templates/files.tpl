<?xml version="1.0" encoding="UTF-8"?>
<setting-files>
  <file url="{{ phone.server_url }}/{{ phone.MAC }}.xml"/>
</setting-files>
