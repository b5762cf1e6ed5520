"""carepath: the warehouse, the answers and the review of a care-navigation company."""

__version__ = "0.1.0"
