"""What this surface states and what it may refuse."""

from bihuan.foundation.events import declare
from bihuan.foundation.refusals import declare as declare_refusals

declare({"archive.taken": "下载迎检档案"})
declare_refusals(
    {"archive.no_such_term": (422, "校历里没有这个学期。请从学期菜单里选一个。")},
)
