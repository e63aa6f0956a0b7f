//! Why a scan could not be taken, in a word for programs and a sentence for people.

macro_rules! whys {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $sentence:literal;)*) => {
        /// Why a scan could not be taken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Why { $($(#[$doc])* $name,)* }

        impl Why {
            /// Stable, for programs and the database.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// A plain sentence.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }

            /// As the database has it.
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)* _ => None }
            }
        }
    };
}

whys! {
    NotYourClass = "not_your_class", "这不是登记人负责的班级。";
    CardUnreadable = "card_unreadable", "扫到的不是学员卡。";
    /// Foreign ones too: they are not signed by this centre.
    CardForged = "card_forged", "这张卡不是本中心发的，或者被改过。";
    CardEnded = "card_ended", "这张卡已经换过，旧卡不能用了。";
    UnknownPerson = "unknown_person", "没有找到这位学员。";
    NotOnRoll = "not_on_roll", "这位学员不在这个班的名单上。";
    MeetingCancelled = "meeting_cancelled", "这次课已经停课。";
    ClockOff = "clock_off", "那台手机的时间差得太多，说不准是几点。";
    TooFar = "too_far", "登记的时间离这次课太远。";
    NotMonitor = "not_monitor", "登记的人那时不是这个班的班长。";
    SentLate = "sent_late", "班长送来得太晚，要老师看过才算。";
    NoClaim = "no_claim", "这位学员没有扫过海报。";
    NotNodded = "not_nodded", "扫了海报，没有人点头。";
    SampleAbsent = "sample_absent", "抽查时说不在，名单上是到课。";
    ReasonNeeded = "reason_needed", "名单上已有别的登记，改动要写原因。";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_why_is_known_by_its_word() {
        assert_eq!(Why::of(Why::CardForged.word()), Some(Why::CardForged));
        assert_eq!(Why::of("elsewhere"), None);
    }
}
