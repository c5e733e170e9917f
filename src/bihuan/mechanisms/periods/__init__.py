"""Important periods (重大时期安全战备): from a day to a day more is due, two people are on duty, and every school reports daily.

A bureau declares one for its schools, a head for the own school; what is due then stands in the pack's ``periods.yaml``.
Promises: a period is made of duties like all others and its reports are their tasks; what the pack said on the day of the
declaration holds to the end; who has not answered is a list with a telephone number, weekends and holidays included; two
periods of one kind never overlap at one place.
"""
