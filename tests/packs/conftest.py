"""The shared small district."""

from bihuan.conftest import actors, cast, fresh_memory, net, posts

__all__ = ["actors", "cast", "fresh_memory", "net", "posts"]
