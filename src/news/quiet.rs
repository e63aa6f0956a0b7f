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

    /// How many minutes of them are left at this minute of a day; 0: it is none of them.
    pub fn left(self, minute: i32) -> i32 {
        const DAY: i32 = 24 * 60;
        let (lasts, gone) =
            ((self.to - self.from).rem_euclid(DAY), (minute - self.from).rem_euclid(DAY));
        (lasts - gone).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight() {
        let night = Quiet::parse("21:00-8:00").expect("hours");
        for (minute, left) in
            [(20 * 60 + 59, 0), (21 * 60, 660), (0, 480), (7 * 60 + 59, 1), (480, 0)]
        {
            assert_eq!(night.left(minute), left, "{minute}");
        }
        let noon = Quiet::parse("12:00-13:30").expect("hours");
        assert_eq!([750, 810, 0].map(|minute| noon.left(minute)), [60, 0, 0]);
        for wrong in ["", "21-8", "8:00-8:00", "24:00-8:00", "21:00"] {
            assert_eq!(Quiet::parse(wrong), None, "{wrong}");
        }
    }
}
