"""Labels of users, which XiVO's confd does not know: names and keys follow those of its kin."""

from ..shapes import ResourceId, life

label_created, label_edited, label_deleted = life("label", "config.labels", ResourceId)
