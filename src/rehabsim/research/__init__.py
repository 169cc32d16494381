"""After the session: reports, imports, exports."""
