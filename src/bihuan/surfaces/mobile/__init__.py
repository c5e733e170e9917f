"""The phone: an installable page that works without a network, its snapshot of one person's scope, and the way in of
what waited on the device."""
