"""Links to contacts: what people are called never leads elsewhere."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ovix_dird.links import contact_link, is_link_template

TEMPLATE = "https://crm.example/contacts/{id}?name={name}&entry={source_entry_id}"


def test_fields_are_percent_encoded_and_missing_ones_empty() -> None:
    fields = {"id": "7/8", "name": '"><script>'}
    assert contact_link(TEMPLATE, fields, None) == (
        "https://crm.example/contacts/7%2F8?name=%22%3E%3Cscript%3E&entry="
    )


@given(st.text(max_size=40), st.text(max_size=40))
def test_scheme_host_and_the_number_of_parts_are_the_templates_own(one: str, other: str) -> None:
    link = urlsplit(contact_link(TEMPLATE, {"id": one, "name": other}, other))
    assert (link.scheme, link.netloc) == ("https", "crm.example")
    assert link.path.count("/") == 2
    assert link.query.count("&") == 1


@pytest.mark.parametrize(
    "template",
    [
        "{url}", "javascript:alert({id})", "http://{host}/x", "https://crm{id}.example/",
        "//x/{id}",
        "https://crm.example/{id", "https://crm.example/id}", "https:///x", "ftp://x/{id}",
    ],
)  # fmt: skip
def test_a_template_names_its_host_itself(template: str) -> None:
    assert not is_link_template(template)
    assert is_link_template(TEMPLATE)
