"""The exit codes of the terminal's commands, as grep has them; `footnote discord` adds its own."""

SUCCESS = 0  # answered or done
NO_ANSWER = 1
CHECK_FAILED = 1  # verify, eval, or the gate of a rebuild
ERROR = 2
