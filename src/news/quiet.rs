//! The hours in which no phone is to ring: nothing is sent to all followers.

/// Minutes after midnight, from and to; `21:00-8:00` goes over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    from: i32,
    to: i32,
}

impl Quiet {
    /// As in `21:00-8:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let minute = |text: &str| -> Option<i32> {
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute): (i32, i32) = (hour.parse().ok()?, minute.parse().ok()?);
            ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
        };
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minute(from)?, minute(to)?);
        (from != to).then_some(Self { from, to })
    }

    /// Does this minute of a day belong to them?
    pub fn covers(self, minute: i32) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&minute)
        } else {
            minute >= self.from || minute < self.to
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight() {
        let night = Quiet::parse("21:00-8:00").expect("hours");
        for (minute, quiet) in
            [(20 * 60 + 59, false), (21 * 60, true), (0, true), (7 * 60 + 59, true), (480, false)]
        {
            assert_eq!(night.covers(minute), quiet, "{minute}");
        }
        let noon = Quiet::parse("12:00-13:30").expect("hours");
        assert!(noon.covers(750) && !noon.covers(810) && !noon.covers(0));
        for wrong in ["", "21-8", "8:00-8:00", "24:00-8:00", "21:00"] {
            assert_eq!(Quiet::parse(wrong), None, "{wrong}");
        }
    }
}
