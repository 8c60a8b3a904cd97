"""The lab library: real MongoDB, Open vSwitch, containers and RouteFlow daemons in one network namespace.

Every test in rftest/ is built from it. `lab.Lab` (lab/lab.py) puts the parts together; each other module is one part.
"""
