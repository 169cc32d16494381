"""One session: the pure tick, the tasks around it, its log, its replay."""
