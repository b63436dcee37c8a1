//! Numbers with a sign, a fraction or an exponent.
//!
//! Most are exact after one operation on doubles. Those of 16 digits and more are only approximated; JavaScript parses
//! them from the text. A complete conversion would add about 12 kB to the WebAssembly.

use super::super::ids;

/// A decimal number: `mantissa` times ten to the power of `exponent`. The last digit of the mantissa is not 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Decimal {
    is_negative: bool,
    mantissa: u64,
    exponent: i64,
    /// Whether further digits did not fit into the mantissa.
    is_cut: bool,
}

/// The largest power of ten that is exact as a double.
const EXACT_POWER: i64 = 22;

/// The exponent of the first rejected power of ten. Some of the numbers beyond are infinite as doubles.
const TOO_MANY_DIGITS: i64 = 308;

impl Decimal {
    /// Parses a number that follows the JSON grammar.
    pub(super) fn read(text: &[u8]) -> Self {
        let mut number = Self::default();
        let mut zeros = 0_u32;
        let mut is_fraction = false;
        for (index, byte) in text.iter().enumerate() {
            match byte {
                b'-' => number.is_negative = true,
                b'.' => is_fraction = true,
                b'0'..=b'9' => {
                    number.exponent -= i64::from(is_fraction);
                    number.push(byte - b'0', &mut zeros);
                }
                // The exponent.
                _ => {
                    number.exponent += exponent(text.get(index + 1..).unwrap_or_default());
                    break;
                }
            }
        }
        number.exponent += i64::from(zeros);
        number
    }

    /// Appends a digit. Zeros are counted until another digit follows.
    fn push(&mut self, digit: u8, zeros: &mut u32) {
        if digit == 0 {
            *zeros += 1;
            return;
        }
        if self.mantissa == 0 {
            *zeros = 0;
        }
        let longer = 10_u64
            .checked_pow(*zeros + 1)
            .and_then(|scale| self.mantissa.checked_mul(scale))
            .and_then(|mantissa| mantissa.checked_add(u64::from(digit)));
        match longer {
            Some(mantissa) => (self.mantissa, *zeros) = (mantissa, 0),
            None => {
                self.is_cut = true;
                *zeros += 1;
            }
        }
    }

    /// The number as a safe integer, if it is one.
    pub(super) fn integer(&self) -> Option<i64> {
        let power = u32::try_from(self.exponent.max(0)).ok()?;
        let value = match self.mantissa {
            0 => 0,
            // As the mantissa has no trailing zeros, a negative exponent means a fraction.
            _ if self.is_cut || self.exponent < 0 => return None,
            mantissa => mantissa.checked_mul(10_u64.checked_pow(power)?)?,
        };
        let value = i64::try_from(value)
            .ok()
            .filter(|value| *value < ids::LIMIT as i64)?;
        Some(if self.is_negative { -value } else { value })
    }

    /// The number as a double, and whether it equals what JavaScript parses. `None` for 10^308 and more.
    pub(super) fn double(&self) -> Option<(f64, bool)> {
        if self.mantissa == 0 {
            return Some((0.0, true));
        }
        if i64::from(self.mantissa.ilog10()) + self.exponent >= TOO_MANY_DIGITS {
            return None;
        }
        let power = self.exponent.unsigned_abs();
        let mut value = self.mantissa as f64;
        if self.exponent < 0 {
            // In two steps, as 10^308 is nearly the largest double.
            for power in [power.min(300), power.saturating_sub(300).min(300)] {
                value /= power_of_ten(power);
            }
        } else {
            value *= power_of_ten(power);
        }
        let is_exact = !self.is_cut && self.mantissa <= ids::LIMIT && self.exponent.abs() <= EXACT_POWER;
        Some((if self.is_negative { -value } else { value }, is_exact))
    }
}

/// Ten to the given power, at most 308. Exact up to [`EXACT_POWER`].
fn power_of_ten(power: u64) -> f64 {
    (0..power.min(TOO_MANY_DIGITS as u64)).fold(1.0, |value, _| value * 10.0)
}

/// The exponent after the `e`, limited to a billion: no text is long enough to compensate for more.
fn exponent(text: &[u8]) -> i64 {
    let digits = text.iter().filter(|byte| byte.is_ascii_digit());
    let value = digits.fold(0, |value: i64, digit| {
        (value * 10 + i64::from(digit - b'0')).min(1_000_000_000)
    });
    if text.first() == Some(&b'-') {
        -value
    } else {
        value
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Decimal {
        Decimal::read(text.as_bytes())
    }

    #[test]
    fn safe_integers_are_read_however_they_are_written() {
        for (text, integer) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("0.000e99", Some(0)),
            ("0e-99999999999999999999", Some(0)),
            ("-1", Some(-1)),
            ("1.0", Some(1)),
            ("1.75e12", Some(1_750_000_000_000)),
            ("1500E-2", Some(15)),
            ("0.0000000000000000000000000001e+28", Some(1)),
            ("100000000000000000000000e-23", Some(1)),
            ("9007199254740991.000", Some(9_007_199_254_740_991)),
            ("-9007199254740991", Some(-9_007_199_254_740_991)),
            ("9007199254740992", None),
            ("1.5", None),
            ("15e-2", None),
            ("1e16", None),
            ("1e99999999999999999999", None),
            ("18446744073709551617", None),
            ("1.00000000000000000000000001", None),
        ] {
            assert_eq!(read(text).integer(), integer, "{text}");
        }
    }

    #[test]
    fn numbers_of_10_to_the_308_and_more_are_refused() {
        for (text, is_number) in [
            ("9.99e307", true),
            ("-9.99e307", true),
            ("1e308", false),
            ("1e400", false),
            ("0.001e311", false),
            ("1e-400", true),
            ("1e-99999999999", true),
        ] {
            assert_eq!(read(text).double().is_some(), is_number, "{text}");
        }
        assert!(read(&"9".repeat(308)).double().is_some() && read(&"9".repeat(309)).double().is_none());
        assert_eq!(
            read(&format!("0.{}1e1000", "0".repeat(999))).double(),
            Some((1.0, true))
        );
    }

    proptest! {
        #[test]
        fn what_is_called_exact_is_what_the_standard_library_reads(
            text in r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        ) {
            let value: f64 = text.parse().expect("a number");
            match read(&text).double() {
                Some((double, true)) => prop_assert_eq!(double, value),
                Some((double, false)) => prop_assert!(
                    (double - value).abs() <= value.abs() * 1e-12 + 1e-300, "{} for {}", double, value
                ),
                None => prop_assert!(value.abs() >= 1e308),
            }
        }

        #[test]
        fn times_with_a_fraction_are_exact(time in 0..4_000_000_000_000_u64, fraction in 0..1000_u32) {
            let text = format!("{time}.{fraction:03}");
            prop_assert_eq!(read(&text).double(), Some((text.parse().expect("a number"), true)));
        }
    }
}
