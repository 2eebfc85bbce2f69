"""What can be wrong with a text file; messages name cause and cure."""


class TextError(Exception):
    """A file cannot be read as text: it is damaged, cut, wrongly named or in another encoding."""
