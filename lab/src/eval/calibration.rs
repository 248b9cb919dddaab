//! How honest confidences are.

/// The expected error of calibration: how far confidence and truth lie apart in tenths of confidence, weighed by how
/// many texts are in them. Takes each text's confidence and whether the answer was right.
pub(crate) fn error(answers: &[(f32, bool)]) -> f64 {
    let mut parts = [(0.0_f64, 0.0_f64); 10];
    for (confidence, right) in answers {
        let part = &mut parts[((confidence * 10.0) as usize).min(9)];
        part.0 += f64::from(*confidence);
        part.1 += f64::from(u8::from(*right));
    }
    parts.iter().map(|(sure, right)| (sure - right).abs()).sum::<f64>() / answers.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn who_is_too_sure_errs() {
        assert!(error(&[(0.5, true), (0.5, false)]) < 1e-9);
        assert!((error(&[(1.0, true), (1.0, false)]) - 0.5).abs() < 1e-9);
        assert!(error(&[]).abs() < 1e-9);
    }
}
