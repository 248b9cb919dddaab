//! How models are stored: little-endian numbers and counted lists of them.

/// Bytes that are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the bytes are not those of a model of this version")
    }
}

impl std::error::Error for Broken {}

/// Writes a model.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn number(&mut self, number: u32) {
        self.bytes.extend(number.to_le_bytes());
    }

    pub(crate) fn numbers(&mut self, numbers: &[u32]) {
        self.number(numbers.len() as u32);
        self.bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }

    pub(crate) fn floats(&mut self, floats: &[f32]) {
        self.number(floats.len() as u32);
        self.bytes.extend(floats.iter().flat_map(|float| float.to_le_bytes()));
    }

    pub(crate) fn steps(&mut self, steps: &[i8]) {
        self.number(steps.len() as u32);
        self.bytes.extend(steps.iter().map(|step| step.to_le_bytes()[0]));
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.block(text.as_bytes());
    }

    pub(crate) fn block(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u32);
        self.bytes.extend(bytes);
    }

    pub(crate) fn done(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads a model. What it reserves is bounded by the bytes there are.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Broken)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn number(&mut self) -> Result<u32, Broken> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    pub(crate) fn expect(&mut self, number: u32) -> Result<(), Broken> {
        if self.number()? == number { Ok(()) } else { Err(Broken) }
    }

    fn words(&mut self) -> Result<impl Iterator<Item = [u8; 4]> + 'a, Broken> {
        let length = (self.number()? as usize).checked_mul(4).ok_or(Broken)?;
        Ok(self.take(length)?.chunks_exact(4).map(|four| [four[0], four[1], four[2], four[3]]))
    }

    pub(crate) fn numbers(&mut self) -> Result<Vec<u32>, Broken> {
        Ok(self.words()?.map(u32::from_le_bytes).collect())
    }

    pub(crate) fn floats(&mut self) -> Result<Vec<f32>, Broken> {
        Ok(self.words()?.map(f32::from_le_bytes).collect())
    }

    pub(crate) fn steps(&mut self) -> Result<Vec<i8>, Broken> {
        Ok(self.block()?.iter().map(|byte| i8::from_le_bytes([*byte])).collect())
    }

    pub(crate) fn text(&mut self) -> Result<String, Broken> {
        String::from_utf8(self.block()?.to_vec()).map_err(|_| Broken)
    }

    pub(crate) fn block(&mut self) -> Result<&'a [u8], Broken> {
        let length = self.number()? as usize;
        self.take(length)
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), Broken> {
        if self.rest.is_empty() { Ok(()) } else { Err(Broken) }
    }
}
