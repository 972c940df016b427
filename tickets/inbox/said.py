def said_in(text: str, subject: str) -> str:
    return text
