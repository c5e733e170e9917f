"""Speed, measured: what the product costs beside raw SQL that does the same work in the same run (docs/speed.md).

``bihuan bench`` measures in a throw-away PostgreSQL and a throw-away SQLite file with a data folder of their own; nothing
here touches an installation. ``metering`` counts CPU, ``world`` and ``case_rows`` make the data, ``w*`` are the works.
"""
