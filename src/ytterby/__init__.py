"""ytterby: supply-security analysis for critical minerals, from public report to supply decision."""

__version__ = "0.1.0"
