"""The words everyone speaks: errors, time, records, configuration."""
