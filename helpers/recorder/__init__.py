"""The recorder: a relay that records every byte, injects faults, and shows the recording live."""
