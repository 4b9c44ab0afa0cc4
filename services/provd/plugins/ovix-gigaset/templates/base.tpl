{% if symbols %}{% include "symbols.tpl" %}{% else %}{% include "parameters.tpl" %}{% endif %}
