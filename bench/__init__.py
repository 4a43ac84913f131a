"""What a delivery costs the server: Antiphon beside its peers, in one run on one machine.

``python -m bench`` starts every server as a process of its own on one core and a load generator on
another, gives each server the same work in alternating slices, and compares the CPU time that the
servers report about themselves. `scenarios` says what is measured and which bound holds,
`peers` has one adapter per server, `measure` does the measuring and `report` the writing. `codecs`
is a small benchmark of its own.
"""
