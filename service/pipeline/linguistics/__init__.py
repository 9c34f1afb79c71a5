"""What a text says of its own form: parse, names, quotations, normal forms, vectors."""
