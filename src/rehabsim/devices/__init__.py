"""Devices: bytes to records and back. Nothing here decides, retries or clips."""
