"""Opening, indexing, decoding, probing and writing video files; no other room opens one."""
