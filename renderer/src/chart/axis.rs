//! The axis of numbers: a round step, and the ticks at its multiples.

use super::number::tick;

/// The most steps of an axis.
const MOST_STEPS: f64 = 5.0;

/// An axis from one multiple of its step to another one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    /// The mantissa of the step: 1, 2 or 5.
    mantissa: i64,
    /// The step is the mantissa times this power of ten.
    exponent: i32,
    /// The least and the greatest tick, in steps.
    least: i64,
    greatest: i64,
}

/// A tick of the axis.
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) text: String,
}

impl Axis {
    /// An axis that covers all numbers from `least` to `greatest`. Its step is a whole number if `is_whole`.
    pub(super) fn over(least: f64, greatest: f64, is_whole: bool) -> Self {
        let greatest = greatest.max(least);
        let range = greatest - least;
        // A step far smaller than the numbers would only show rounding errors.
        let range = range.max(greatest.abs().max(least.abs()) * 1e-6);
        let range = if range > 0.0 { range } else { 1.0 };
        let (mut mantissa, mut exponent) = step(range / MOST_STEPS);
        if is_whole && exponent < 0 {
            (mantissa, exponent) = (1, 0);
        }
        let axis = Self { mantissa, exponent, least: 0, greatest: 0 };
        let (least, greatest) = ((least / axis.step()).floor() as i64, (greatest / axis.step()).ceil() as i64);
        Self { least, greatest: greatest.max(least + 1), ..axis }
    }

    fn step(self) -> f64 {
        self.mantissa as f64 * power(self.exponent)
    }

    pub(super) fn least(self) -> f64 {
        self.least as f64 * self.step()
    }

    pub(super) fn greatest(self) -> f64 {
        self.greatest as f64 * self.step()
    }

    pub(super) fn ticks(self) -> impl Iterator<Item = Tick> {
        let largest = self.mantissa * self.greatest.abs().max(self.least.abs());
        (self.least..=self.greatest).map(move |steps| Tick {
            value: steps as f64 * self.step(),
            text: tick(self.mantissa * steps, self.exponent, largest),
        })
    }
}

/// The least round number that is at least `least`: 1, 2 or 5 times a power of ten. It is computed only with
/// multiplications of whole powers, which give the same result on every machine.
fn step(least: f64) -> (i64, i32) {
    let mut exponent = 0;
    while power(exponent + 1) <= least {
        exponent += 1;
    }
    while power(exponent) > least && exponent > -12 {
        exponent -= 1;
    }
    let mantissa = [1, 2, 5].into_iter().find(|mantissa| *mantissa as f64 * power(exponent) >= least);
    mantissa.map_or((1, exponent + 1), |mantissa| (mantissa, exponent))
}

fn power(exponent: i32) -> f64 {
    let power = 10_u64.saturating_pow(exponent.unsigned_abs()) as f64;
    if exponent < 0 { 1.0 / power } else { power }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_every_number() {
        for (least, greatest, is_whole, texts) in [
            (0.0, 190.0, true, "0 50 100 150 200"),
            (0.0, 1.0, true, "0 1"),
            (0.0, 3.0, true, "0 1 2 3"),
            (0.0, 0.0, true, "0 1"),
            (120.0, 155.0, true, "120 130 140 150 160"),
            (0.0, 4_503_599_627_370_496.0, true, "0 1P 2P 3P 4P 5P"),
            (1_000_001.0, 1_000_009.0, true, "1,000,000 1,000,002 1,000,004 1,000,006 1,000,008 1,000,010"),
            (86.9, 87.3, false, "86.9 87 87.1 87.2 87.3"),
            (-3.0, 3.0, false, "-4 -2 0 2 4"),
        ] {
            let axis = Axis::over(least, greatest, is_whole);
            let ticks: Vec<_> = axis.ticks().map(|tick| tick.text).collect();
            assert_eq!(ticks.join(" "), texts);
            assert!(axis.least() <= least && axis.greatest() >= greatest);
        }
    }
}
