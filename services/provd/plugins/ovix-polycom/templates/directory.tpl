<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<directory>
  <item_list>
{%- for key in dialled %}
    <item>
      <fn>{{ key.label }}</fn>
      <ct>{{ key.value }}</ct>
      <sd>{{ loop.index }}</sd>
    </item>
{%- endfor %}
  </item_list>
</directory>
