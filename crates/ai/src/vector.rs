//! Directions: lists of numbers of length 1 whose product says how near two meanings are.

/// A list brought to length 1; one of zeros stays as it is.
#[must_use]
pub fn unit(mut numbers: Vec<f32>) -> Vec<f32> {
    let length = dot(&numbers, &numbers).sqrt();
    if length > 0.0 {
        numbers.iter_mut().for_each(|number| *number /= length);
    }
    numbers
}

/// The sum of the products: the cosine where both are of length 1.
#[must_use]
pub fn dot(one: &[f32], other: &[f32]) -> f32 {
    // Sixteen sums beside each other, so that the processor can keep them apart.
    let mut sums = [0.0_f32; 16];
    let (ones, others) = (one.chunks_exact(16), other.chunks_exact(16));
    let rest: f32 = ones.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in ones.zip(others) {
        for place in 0..16 {
            sums[place] += a[place] * b[place];
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_has_length_one() {
        let direction = unit((1..=37).map(|number| number as f32).collect());
        assert!((dot(&direction, &direction) - 1.0).abs() < 1e-5);
        assert_eq!(unit(vec![0.0; 3]), [0.0; 3]);
        assert_eq!(dot(&[1.0, 2.0], &[3.0, 4.0]), 11.0);
    }
}
