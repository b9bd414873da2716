import Primitives

/// An instant in milliseconds.
func instant(_ milliseconds: Int64) -> Instant { .zero + .milliseconds(milliseconds) }
