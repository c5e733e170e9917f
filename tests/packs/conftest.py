"""The shared small district."""

from bihuan.conftest import actors, cast, door, fresh_memory, net, posts

__all__ = ["actors", "cast", "door", "fresh_memory", "net", "posts"]
