"""Extensions, and the feature codes that XiVO lists among them.

Source: reference/confd/lines-endpoints-extensions.md, "Extension fields" and "Feature codes".
"""

from .features import FEATURE_CODES
from .resource import EXTENSIONS

SPECS = (FEATURE_CODES, EXTENSIONS)

__all__ = ["EXTENSIONS", "FEATURE_CODES", "SPECS"]
