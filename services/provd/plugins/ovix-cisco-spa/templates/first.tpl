<?xml version="1.0" encoding="UTF-8"?>
<flat-profile>
  <Provision_Enable ua="na">Yes</Provision_Enable>
  <Resync_On_Reset ua="na">Yes</Resync_On_Reset>
  <Resync_From_SIP ua="na">Yes</Resync_From_SIP>
  <Profile_Rule ua="na">{{ server_url }}/$MA.xml</Profile_Rule>
</flat-profile>
