"""What a whole tree says: resolver, import graph, queries kept by tree."""
