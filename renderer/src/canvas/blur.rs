//! The Gaussian blur of a shadow, by the approximations resvg uses: a recursive filter below a deviation of 2, five boxes from there.
//!
//! Both work along the columns of a picture, many columns in one step, and turn it between the two directions.

use super::words::Coverage;

/// From this deviation on boxes are used.
const BOXES_FROM: f32 = 2.0;
const BOXES: usize = 5;
/// How often the recursive filter runs up and down.
const STEPS: i32 = 4;

/// How far from a covered pixel the blur is still seen.
pub(super) fn reach(deviation: f32) -> i32 {
    if deviation < BOXES_FROM { (4.0 * deviation).ceil() as i32 } else { radii(deviation).iter().sum::<usize>() as i32 }
}

/// Blurs in place.
pub(super) fn blur(picture: &mut Coverage, deviation: f32) {
    let columns = picture.columns;
    if columns == 0 || picture.covers.len() < columns {
        return;
    }
    let rows = picture.covers.len() / columns;
    if deviation < BOXES_FROM {
        recursive(&mut picture.covers, rows, columns, deviation);
    } else {
        let mut other = vec![0; picture.covers.len()];
        for radius in radii(deviation) {
            box_blur(&picture.covers, &mut other, columns, radius);
            turn(&other, &mut picture.covers, columns);
            box_blur(&picture.covers, &mut other, rows, radius);
            turn(&other, &mut picture.covers, rows);
        }
    }
}

/// Rows become columns.
fn turn<T: Copy>(from: &[T], to: &mut [T], columns: usize) {
    let rows = from.len() / columns;
    for (x, line) in to.chunks_exact_mut(rows).enumerate() {
        for (value, row) in line.iter_mut().zip(from.chunks_exact(columns)) {
            if let Some(cover) = row.get(x) {
                *value = *cover;
            }
        }
    }
}

/// The filter of Alvarez and Mazorra: a Gaussian as a cascade of first-order recursions, outside of the picture nothing.
fn recursive(covers: &mut [u8], rows: usize, columns: usize, deviation: f32) {
    let lambda = deviation * deviation / (2 * STEPS) as f32;
    let nu = (1.0 + 2.0 * lambda - (1.0 + 4.0 * lambda).sqrt()) / (2.0 * lambda);
    let gain = (nu / lambda).powi(2 * STEPS);
    let mut upright: Vec<f32> = covers.iter().map(|cover| f32::from(*cover)).collect();
    let mut turned = vec![0.0; upright.len()];
    for _ in 0..STEPS {
        up_and_down(&mut upright, columns, nu);
    }
    turn(&upright, &mut turned, columns);
    for _ in 0..STEPS {
        up_and_down(&mut turned, rows, nu);
    }
    turn(&turned, &mut upright, rows);
    for (cover, value) in covers.iter_mut().zip(upright) {
        // Cut off, not rounded; a thousandth more, because a float is a little less than the whole number it should be.
        *cover = (value * gain + 0.001) as u8;
    }
}

fn up_and_down(values: &mut [f32], columns: usize, nu: f32) {
    let rows = values.len() / columns;
    for row in 1..rows {
        let (before, rest) = values.split_at_mut(row * columns);
        for (value, previous) in rest.iter_mut().zip(before.iter().skip((row - 1) * columns)) {
            *value += nu * previous;
        }
    }
    for row in (1..rows).rev() {
        let (before, rest) = values.split_at_mut(row * columns);
        for (value, next) in before.iter_mut().skip((row - 1) * columns).zip(rest.iter()) {
            *value += nu * next;
        }
    }
}

/// The radii of boxes that, one after the other, come near a Gaussian.
fn radii(deviation: f32) -> [usize; BOXES] {
    let count = BOXES as f32;
    let variance = 12.0 * deviation * deviation;
    let ideal = ((variance / count).sqrt() + 1.0).floor() as usize;
    // Sides are odd: the smaller ones, then those two pixels larger.
    let side = if ideal.is_multiple_of(2) { ideal.saturating_sub(1) } else { ideal };
    let length = side as f32;
    let smaller = (variance - count * (length * length + 4.0 * length + 3.0)) / (-4.0 * length - 4.0);
    std::array::from_fn(|index| (side - 1) / 2 + usize::from(index >= smaller.round() as usize))
}

/// Each pixel becomes the mean of those at most `radius` rows away; outside of the picture is nothing.
fn box_blur(from: &[u8], to: &mut [u8], columns: usize, radius: usize) {
    let rows = from.len() / columns;
    let share = 1.0 / (2 * radius + 1) as f32;
    let row = |at: usize| from.get(at * columns..(at + 1) * columns).unwrap_or_default();
    let mut sums = vec![0u16; columns];
    for at in 0..radius.min(rows) {
        for (sum, cover) in sums.iter_mut().zip(row(at)) {
            *sum += u16::from(*cover);
        }
    }
    for (at, line) in to.chunks_exact_mut(columns).enumerate() {
        for (sum, cover) in sums.iter_mut().zip(row(at + radius)) {
            *sum += u16::from(*cover);
        }
        if let Some(left) = at.checked_sub(radius + 1) {
            for (sum, cover) in sums.iter_mut().zip(row(left)) {
                *sum -= u16::from(*cover);
            }
        }
        for (value, sum) in line.iter_mut().zip(&sums) {
            // No sum is a half: the divisor is odd.
            *value = (f32::from(*sum) * share + 0.5) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_what_it_spreads() {
        for deviation in [1.6, 3.2, 4.8, 6.4] {
            let side = 2 * reach(deviation) as usize + 21;
            let mut covers = vec![0; side * side];
            for row in covers.chunks_exact_mut(side).skip(side / 2 - 10).take(21) {
                row[side / 2 - 10..][..21].fill(200);
            }
            let mut picture = Coverage { left: 0, top: 0, columns: side, covers };
            blur(&mut picture, deviation);
            let sum: f64 = picture.covers.iter().map(|cover| f64::from(*cover)).sum();
            assert!((sum / (21.0 * 21.0 * 200.0) - 1.0).abs() < 0.03, "{deviation}: {sum}");
            let turned: Vec<u8> = picture.covers.iter().rev().copied().collect();
            let difference = picture.covers.iter().zip(&turned).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(difference <= Some(1), "{deviation}: {difference:?}");
        }
    }
}
