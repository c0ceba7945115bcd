//! Gaussian blur by the approximations that resvg uses: a recursive filter below a standard deviation of 2, five box
//! blurs from there on.
//!
//! Both work along the columns of a picture, many columns at a time, and transpose it between the two directions.

/// The least standard deviation that box blurs are used for.
const BOXES_FROM: f32 = 2.0;
const BOXES: usize = 5;
/// How often the recursive filter runs in each direction.
const STEPS: i32 = 4;

/// The greatest distance at which a pixel has an influence.
pub(super) fn reach(deviation: f32) -> i32 {
    if deviation < BOXES_FROM { (4.0 * deviation).ceil() as i32 } else { radii(deviation).iter().sum::<usize>() as i32 }
}

/// Blurs pixels of one channel in place.
pub(super) fn blur(covers: &mut [u8], columns: usize, deviation: f32) {
    if columns == 0 || covers.len() < columns {
        return;
    }
    let rows = covers.len() / columns;
    if deviation < BOXES_FROM {
        recursive_blur(covers, rows, columns, deviation);
    } else {
        let mut other = vec![0; covers.len()];
        for radius in radii(deviation) {
            box_blur(covers, &mut other, columns, radius);
            transpose(&other, covers, columns);
            box_blur(covers, &mut other, rows, radius);
            transpose(&other, covers, rows);
        }
    }
}

/// Transposes the picture: its rows become columns.
fn transpose<T: Copy>(from: &[T], to: &mut [T], columns: usize) {
    let rows = from.len() / columns;
    for (x, line) in to.chunks_exact_mut(rows).enumerate() {
        for (value, row) in line.iter_mut().zip(from.chunks_exact(columns)) {
            if let Some(cover) = row.get(x) {
                *value = *cover;
            }
        }
    }
}

/// The filter of Alvarez and Mazorra: a Gaussian as a cascade of first-order recursions. Pixels outside of the
/// picture are 0.
fn recursive_blur(covers: &mut [u8], rows: usize, columns: usize, deviation: f32) {
    let lambda = deviation * deviation / (2 * STEPS) as f32;
    let nu = (1.0 + 2.0 * lambda - (1.0 + 4.0 * lambda).sqrt()) / (2.0 * lambda);
    let gain = (nu / lambda).powi(2 * STEPS);
    let mut upright: Vec<f32> = covers.iter().map(|cover| f32::from(*cover)).collect();
    let mut transposed = vec![0.0; upright.len()];
    for _ in 0..STEPS {
        up_and_down(&mut upright, columns, nu);
    }
    transpose(&upright, &mut transposed, columns);
    for _ in 0..STEPS {
        up_and_down(&mut transposed, rows, nu);
    }
    transpose(&transposed, &mut upright, rows);
    for (cover, value) in covers.iter_mut().zip(upright) {
        // resvg truncates. The addend corrects a result that should be a whole number and is slightly less.
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

/// The radii of the box blurs that together approximate a Gaussian.
fn radii(deviation: f32) -> [usize; BOXES] {
    let count = BOXES as f32;
    let variance = 12.0 * deviation * deviation;
    let ideal = ((variance / count).sqrt() + 1.0).floor() as usize;
    // The sides are odd: some of the boxes have this side, the others are two pixels larger.
    let side = if ideal.is_multiple_of(2) { ideal.saturating_sub(1) } else { ideal };
    let length = side as f32;
    let smaller = (variance - count * (length * length + 4.0 * length + 3.0)) / (-4.0 * length - 4.0);
    std::array::from_fn(|index| (side - 1) / 2 + usize::from(index >= smaller.round() as usize))
}

/// Makes each pixel the mean of those at most `radius` rows away. Pixels outside of the picture are 0.
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
            // No quotient ends in one half, because the divisor is odd.
            *value = (f32::from(*sum) * share + 0.5) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_the_sum_and_the_symmetry() {
        for deviation in [1.6, 3.2, 4.8, 6.4] {
            let side = 2 * reach(deviation) as usize + 21;
            let mut covers = vec![0; side * side];
            for row in covers.chunks_exact_mut(side).skip(side / 2 - 10).take(21) {
                row[side / 2 - 10..][..21].fill(200);
            }
            blur(&mut covers, side, deviation);
            let sum: f64 = covers.iter().map(|cover| f64::from(*cover)).sum();
            assert!((sum / (21.0 * 21.0 * 200.0) - 1.0).abs() < 0.03, "{deviation}: {sum}");
            let reversed: Vec<u8> = covers.iter().rev().copied().collect();
            let difference = covers.iter().zip(&reversed).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(difference <= Some(1), "{deviation}: {difference:?}");
        }
    }
}
