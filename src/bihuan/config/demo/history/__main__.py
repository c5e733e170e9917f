"""``python -m bihuan.config.demo.history PACK``: write history up to this moment, or go on where it stopped."""

import sys

import django


def main(pack: str) -> None:
    """From the first day of term up to now."""
    django.setup()
    from bihuan.config.demo.building import District
    from bihuan.config.demo.history.days import today
    from bihuan.config.demo.history.term import Term
    from bihuan.foundation.packs.notes import noted

    if noted("demo", pack).get("until") != str(today()):
        Term(District(pack)).live(today())


main(sys.argv[1])
