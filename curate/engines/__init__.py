"""Where work on partitions is done: in this process, or on Ray. An engine moves partitions only."""
