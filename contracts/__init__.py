"""What the rooms promise each other, as code. It stands below all other rooms and needs pydantic at most."""
