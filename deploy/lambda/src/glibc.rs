//! A function that builds would otherwise import from a glibc that is newer than Lambda's.

/// √(x² + y²), which drawing uses. glibc 2.35 exports it with a new symbol version, and Amazon Linux 2023 has glibc
/// 2.34. The squares of two `f32` are exact in `f64` and cannot overflow there, so only the sum and the root are
/// rounded.
#[allow(unsafe_code, reason = "the name is the C library's")]
#[unsafe(no_mangle)]
extern "C" fn hypotf(x: f32, y: f32) -> f32 {
    let (x, y) = (f64::from(x), f64::from(y));
    if x.is_infinite() || y.is_infinite() {
        return f32::INFINITY;
    }
    #[allow(clippy::cast_possible_truncation, reason = "the result is defined as an f32")]
    let length = (x * x + y * y).sqrt() as f32;
    length
}

#[cfg(test)]
mod tests {
    #[test]
    fn lengths_are_those_of_the_c_library() {
        for (x, y, length) in
            [(3.0, 4.0, 5.0), (-3.0, 4.0, 5.0), (0.0, 0.0, 0.0), (3e30, 4e30, 5e30), (1e-30, 0.0, 1e-30)]
        {
            assert_eq!(super::hypotf(x, y), length);
            assert_eq!(f32::hypot(x, y), length, "f32::hypot calls this function");
        }
        assert!(super::hypotf(f32::NAN, 1.0).is_nan());
        assert_eq!(super::hypotf(f32::NAN, f32::NEG_INFINITY), f32::INFINITY);
    }
}
