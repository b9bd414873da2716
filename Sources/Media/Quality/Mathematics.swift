#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// log10.
func decimalLogarithm(_ value: Double) -> Double { log10(value) }

/// e^x.
func exponential(_ value: Double) -> Double { exp(value) }
