"""What the calls take and answer, for the OpenAPI document; loaded when somebody asks for it.

The calls read and write plain values themselves: our one error with its place, and no second check
of what was checked. Here stand the same shapes as models; tests hold every real answer to them.
"""
