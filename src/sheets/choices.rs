//! A column that names something: the names there are, in a template's list and in a row.

use std::collections::HashMap;

use super::cell::key;

/// Names and what they stand for. Who shares a name is told apart by a number behind it.
#[derive(Clone, Debug)]
pub struct Choices<T> {
    noun: &'static str,
    advice: &'static str,
    labels: Vec<String>,
    by_key: HashMap<String, Vec<(T, String)>>,
}

/// What a name came to.
pub(super) enum Found<T> {
    One(T),
    /// With what to do instead.
    None(String),
    /// With what to write instead.
    Many(String),
}

impl<T: Copy> Choices<T> {
    /// `noun` as in 这个学习点, `advice` what to do where there is none; each with its number.
    pub fn new(
        noun: &'static str,
        advice: &'static str,
        all: impl IntoIterator<Item = (T, i64, String)>,
    ) -> Self {
        let mut by_key: HashMap<String, Vec<(T, i64, String)>> = HashMap::new();
        let mut order = Vec::new();
        for (one, number, name) in all {
            let namesakes = by_key.entry(key(&name)).or_default();
            if namesakes.is_empty() {
                order.push(key(&name));
            }
            namesakes.push((one, number, name));
        }
        let mut choices = Self { noun, advice, labels: Vec::new(), by_key: HashMap::new() };
        for name_key in order {
            let namesakes = by_key.remove(&name_key).unwrap_or_default();
            let alone = namesakes.len() == 1;
            let labelled = namesakes.into_iter().map(|(one, number, name)| {
                (one, if alone { name } else { format!("{name}（编号{number}）") })
            });
            let labelled: Vec<_> = labelled.collect();
            for (one, label) in &labelled {
                choices.labels.push(label.clone());
                choices.by_key.insert(key(label), vec![(*one, label.clone())]);
            }
            choices.by_key.insert(name_key, labelled);
        }
        choices
    }

    /// What a list offers.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    pub(super) fn noun(&self) -> &'static str {
        self.noun
    }

    pub(super) fn find(&self, said: &str) -> Found<T> {
        match self.by_key.get(said).map(Vec::as_slice) {
            Some([(one, _)]) => Found::One(*one),
            Some(many) if !many.is_empty() => {
                let labels: Vec<&str> = many.iter().map(|(_, label)| label.as_str()).collect();
                Found::Many(format!(
                    "有 {} 个同名的，请写明是哪一个：{}。",
                    many.len(),
                    labels.join(" 或 ")
                ))
            }
            _ => {
                let like = |label: &String| strsim::normalized_levenshtein(&key(label), said);
                let near = self.labels.iter().map(|label| (like(label), label));
                let near = near.filter(|(like, _)| *like >= 0.5);
                let near = near.max_by(|(one, _), (other, _)| one.total_cmp(other));
                Found::None(near.map_or_else(
                    || self.advice.to_owned(),
                    |(_, label)| format!("是不是“{label}”？{}", self.advice),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namesakes_are_told_apart_and_near_misses_helped() {
        let all = [(1, 1, "王芳"), (2, 2, "李红梅"), (3, 3, "王芳")];
        let all = all.map(|(one, number, name)| (one, number, name.to_owned()));
        let choices = Choices::new("这位教师", "请先添加。", all);
        assert_eq!(choices.labels(), ["王芳（编号1）", "王芳（编号3）", "李红梅"]);
        assert!(matches!(choices.find("李红梅"), Found::One(2)));
        assert!(matches!(choices.find(&key("王芳(编号 3)")), Found::One(3)));
        assert!(
            matches!(choices.find("王芳"), Found::Many(words) if words.contains("王芳（编号1）"))
        );
        assert!(
            matches!(choices.find("李梅"), Found::None(words) if words.contains("是不是“李红梅”"))
        );
        assert!(matches!(choices.find("周建国"), Found::None(words) if words == "请先添加。"));
    }
}
