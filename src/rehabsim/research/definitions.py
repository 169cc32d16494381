"""What each measure is: the one table that report, page and console read."""

from importlib.resources import files

import msgspec

from rehabsim.base.records import Record

TABLE = files("rehabsim.gait") / "measures.json"


class Definition(Record, frozen=True):
    """One measure.

    Attributes:
        name: In `measures.json` of a report.
        words: On a page.
        unit: SI; `1` a ratio, `count` and `steps` numbers of things, `BW` body weights.
        group: What it is about.
        definition: What it is.
        method: How it is measured, filters included.
        reference: Who defined it so; empty for what needs nobody.
        minimal_detectable_change: Less is not a change, as far as known.
    """

    name: str
    words: str
    unit: str
    group: str
    definition: str
    method: str
    reference: str
    minimal_detectable_change: str


DEFINITIONS: dict[str, Definition] = {
    entry.name: entry for entry in msgspec.json.decode(TABLE.read_bytes(), type=list[Definition])
}
"""All measures by name, in the order of a report."""
