"""What a response that nobody should believe must come to."""

from typing import Any

import pytest
from ovix_testkit.builders import a_user

BACK = "https://crm.example.org/back?from=saml"
FAILED = f"{BACK}&login_failure_code=401"
EVE = "eve@example.org"


@pytest.fixture(autouse=True)
async def eve(save: Any, ada: Any, config: Any) -> Any:
    """Whom the forgers want to be; ada is whom the provider signs for."""
    return await save(a_user(username="eve", email=EVE, cti_enabled=True))


async def is_refused(browser: Any, begun: Any, saml_response: str) -> None:
    answer = await browser.post(saml_response)
    assert answer.status_code in (303, 401), answer.text
    if answer.status_code == 303:
        assert answer.headers["Location"] == FAILED
    assert (await browser.token(begun.session_id)).status_code == 401


async def is_good_after_all(browser: Any, begun: Any) -> None:
    """That the login was not spoilt, so that the refusal had its own reason."""
    answer = await browser.post(browser.provider.answer(begun.asked))
    assert answer.headers["Location"] == BACK
    assert (await browser.token(begun.session_id)).status_code == 200
