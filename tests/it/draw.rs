//! Wishes and the draw: from the list that is published to the places.

use std::process::Command;

use shangxue::draw::{file, lots};

use crate::on_both_databases;

/// A list with clashes, newcomers, second rounds and more wishes than places.
fn crowded() -> lots::List {
    let class = |id: i64, places, day, from| lots::Class {
        id,
        places,
        newcomers: places / 3,
        course: id % 4,
        hours: (day, from, from + 90),
        name: format!("书法 {id}班"),
    };
    let classes = vec![
        class(1, 6, 1, 540),
        class(2, 9, 1, 600),
        class(3, 3, 2, 540),
        class(14, 7, 3, 540),
        class(5, 30, 4, 540),
    ];
    let people = (1..=60_usize).map(|nth| {
        let wish = |at: usize| {
            let class = [1, 2, 3, 14, 5][(nth * 7 + at * (1 + nth % 4)) % 5];
            lots::Wish {
                class,
                lots: 1 + (nth % 5) as u32,
                newcomer: nth % 3 == 0,
                own: nth % 4 == 0,
            }
        };
        let mut wishes: Vec<lots::Wish> = Vec::new();
        for at in 0..1 + nth % 4 {
            let wish = wish(at);
            if wishes.iter().all(|other| other.class != wish.class) {
                wishes.push(wish);
            }
        }
        lots::Person { number: format!("{nth:04}"), most: 1 + nth % 2, lost: 0, wishes }
    });
    lots::List {
        term: "2027年春季班".to_owned(),
        source: "排列5".to_owned(),
        classes,
        people: people.collect(),
    }
}

fn python(file: &std::path::Path) -> std::process::Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/draw/verify.py");
    Command::new("python3")
        .args([script.as_ref(), file.as_os_str()])
        .output()
        .expect("python3 is there")
}

#[test]
fn another_language_comes_to_the_same_result() {
    let list = crowded();
    let text = file::print(&list);
    let path = std::env::temp_dir().join(format!("sx_draw_{}.txt", std::process::id()));
    for seed in ["12345", "00000", "3187.42"] {
        let outcome = lots::draw(&list, seed);
        assert!(
            !outcome.lost.is_empty()
                && outcome.classes.values().any(|drawn| !drawn.waiting.is_empty())
        );
        let result = file::print_result(&text, seed, &outcome);
        std::fs::write(&path, &result).unwrap();
        let said = python(&path);
        let words = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.status.success(), "{words}{}", String::from_utf8_lossy(&said.stderr));
        assert_eq!(words, format!("名单 {}\n结果相符\n", file::hash(&text)));
        let first = &outcome.lost[0];
        std::fs::write(&path, result.replace(&format!("落选 {first}"), "落选")).unwrap();
        assert!(!python(&path).status.success());
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn the_command_line_repeats_a_result() {
    let list = crowded();
    let result = file::print_result(&file::print(&list), "12345", &lots::draw(&list, "12345"));
    let path = std::env::temp_dir().join(format!("sx_draw_cli_{}.txt", std::process::id()));
    let verify = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_shangxue"));
        command.args(["draw", "verify"]).arg(&path).output().unwrap()
    };
    let good = verify(&result);
    assert!(good.status.success());
    assert!(String::from_utf8_lossy(&good.stdout).ends_with("种子 12345\n结果相符\n"));
    let bad = verify(&result.replace("种子 12345", "种子 54321"));
    assert!(!bad.status.success());
    assert!(String::from_utf8_lossy(&bad.stderr).contains("结果不符"));
    std::fs::remove_file(&path).unwrap();
}

on_both_databases! {
    async fn the_rules_are_a_page_of_plain_text(app: TestApp) {
        let page = app.get("/m/draw-rules.txt").send().await;
        assert_eq!(page.headers["content-type"], "text/plain; charset=utf-8");
        assert!(page.text().starts_with("尚学 摇号规则"));
    }
}
