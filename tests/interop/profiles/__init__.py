"""The servers that the SDKs' own test suites expect on port 8000: one app for each suite.

``python -m tests.interop.profiles js`` serves one; see docs/interop.md for the rest. An app declares
what the suite's `docker-compose.yml` sets, by the public API alone. Their channels carry `bytes`:
what travels in them is the suites' business.
"""
