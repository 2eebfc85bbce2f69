"""What starts a run again and again on one machine: a systemd timer or a line of a crontab."""
