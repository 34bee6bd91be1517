# SPDX-License-Identifier: MIT
"""A small web site of its own: what `make demo` shows and what the live tests watch."""
