//! stub
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Date(i64);
impl Date {
    /// x
    pub fn plus_days(self, n: i64) -> Self {
        Self(self.0 + n)
    }
}
/// x
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset(i32);
impl Default for Offset {
    fn default() -> Self {
        Self(480)
    }
}
impl Offset {
    /// x
    pub fn local(self, ms: u64) -> (Date, u32) {
        let s = ms as i64 / 1000 + i64::from(self.0) * 60;
        (Date(s.div_euclid(86400)), s.rem_euclid(86400) as u32)
    }
}
/// x
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar;
impl Calendar {
    /// x
    pub fn is_workday(&self, d: Date) -> bool {
        (d.0 + 3).rem_euclid(7) < 5
    }
}
