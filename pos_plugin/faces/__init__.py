"""What a host calls: plain values in and out, on the plugin's thread, in time."""
