"""Shapes that other trainers read, one file each: the name of the file is that of `--format`."""
