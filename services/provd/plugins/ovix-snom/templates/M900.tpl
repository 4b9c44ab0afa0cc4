{% extends 'dect.tpl' %}
