//! Check digits.

/// The digits as numbers; whatever is no digit counts as 0.
pub(super) fn digits(text: &[u8]) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator + Clone + '_ {
    text.iter().map(|byte| u32::from(byte.wrapping_sub(b'0')).min(9))
}

/// Whether the last digit is that of Luhn (ISO/IEC 7812-1).
pub(super) fn luhn(text: &[u8]) -> bool {
    let sum: u32 = digits(text)
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => digit,
            (_, double @ 10..) => double - 9,
            (_, double) => double,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// The sum of digits times weights.
pub(super) fn weighted(text: &[u8], weights: &[u32]) -> u32 {
    digits(text).zip(weights).map(|(digit, weight)| digit * weight).sum()
}

/// The number modulo a small one.
pub(super) fn modulo(text: &[u8], by: u64) -> u64 {
    digits(text).fold(0, |rest, digit| (rest * 10 + u64::from(digit)) % by)
}

/// Whether an IBAN's remainder is 1 (ISO 13616: four characters moved to the end, letters as 10 to 35).
pub(super) fn iban(text: &[u8]) -> bool {
    let (head, body) = text.split_at(4.min(text.len()));
    let rest = body.iter().chain(head).fold(0_u64, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u64::from(byte - b'0')) % 97,
        b'A'..=b'Z' => (rest * 100 + u64::from(byte - b'A') + 10) % 97,
        _ => 0,
    });
    rest == 1
}

/// Whether the last digit is that of ISO/IEC 7064 MOD 11,10.
pub(super) fn mod_11_10(text: &[u8]) -> bool {
    let Some((last, body)) = text.split_last() else { return false };
    let product = digits(body).fold(10, |product, digit| match (digit + product) % 10 {
        0 => 9,
        sum => sum * 2 % 11,
    });
    (11 - product) % 10 == u32::from(last.wrapping_sub(b'0'))
}

/// Whether the last digit is that of Verhoeff.
pub(super) fn verhoeff(text: &[u8]) -> bool {
    let rest = digits(text).rev().enumerate().fold(0_u32, |rest, (place, digit)| {
        let mut moved = digit;
        for _ in 0..place % 8 {
            moved = TURN[moved as usize];
        }
        dihedral(rest, moved)
    });
    rest == 0
}

/// The permutation whose powers Verhoeff applies place by place.
const TURN: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/// The product in the dihedral group of order ten.
fn dihedral(a: u32, b: u32) -> u32 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - 5 + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// Whether a day exists; years are not looked at except for leap days.
pub(super) fn is_day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// The number that digits stand for; for at most nine of them.
pub(super) fn number(text: &[u8]) -> u32 {
    digits(text).fold(0, |value, digit| value.wrapping_mul(10).wrapping_add(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_examples_hold_and_a_changed_digit_does_not() {
        type Check = fn(&[u8]) -> bool;
        let cases: [(&str, Check); 6] = [
            ("4111111111111111", luhn),
            ("79927398713", luhn),
            ("GB82WEST12345698765432", iban),
            ("DE89370400440532013000", iban),
            ("86095742719", mod_11_10),
            ("2363", verhoeff),
        ];
        for (text, check) in cases {
            assert!(check(text.as_bytes()), "{text}");
            let mut other = text.as_bytes().to_vec();
            let last = other.len() - 1;
            other[last] = b'0' + (other[last] - b'0' + 1) % 10;
            assert!(!check(&other), "{text} with another last digit");
        }
        assert!(is_day(2024, 2, 29) && !is_day(2023, 2, 29) && !is_day(1900, 2, 29) && !is_day(2024, 13, 1));
    }
}
