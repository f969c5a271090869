"""`python -m services.asyncapi` writes the document."""

from services.asyncapi.document import write

if __name__ == "__main__":
    write()
