"""The contract as Python: `openapi.yaml`, its named assumptions, and profiles of them."""

from blinger_spec._assumptions import Assumption, Value, assumptions
from blinger_spec._document import contract, document
from blinger_spec._places import line
from blinger_spec._profile import Profile, ProfileError

__all__ = [
    "Assumption",
    "Profile",
    "ProfileError",
    "Value",
    "assumptions",
    "contract",
    "document",
    "line",
]
