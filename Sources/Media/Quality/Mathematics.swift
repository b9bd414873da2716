#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// log10.
func decimalLogarithm(_ value: Double) -> Double { log10(value) }

/// The natural logarithm.
func naturalLogarithm(_ value: Double) -> Double { log(value) }

/// e^x.
func exponential(_ value: Double) -> Double { exp(value) }

/// The sine of an angle in radians.
func sine(_ angle: Double) -> Double { sin(angle) }

/// The cosine of an angle in radians.
func cosine(_ angle: Double) -> Double { cos(angle) }
