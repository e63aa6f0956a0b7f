//! What elders type, and what they mean.

use super::Intent::{
    self, CheckIn, Family, Help, Hours, Leave, Link, MyClasses, News, Person, SignUp, Thanks,
    Unknown, Waiting, Withdraw,
};
use super::{names, read};

/// Seen in chats of other centres, made up after them, or mistyped on purpose.
const SAID: &[(Intent, &[&str])] = &[
    (Family, &["家人", "帮妈妈报名", "我想替爸爸报名", "代报", "女儿帮我报名行吗", "帮老人报名"]),
    (
        SignUp,
        &[
            "报名",
            "報名",
            "保名",
            "抱名",
            "鲍名",
            "报明",
            "报民",
            "暴名",
            "baoming",
            "bao ming",
            "BaoMing",
            "ＢＡＯＭＩＮＧ",
            "baomin",
            "baomign",
            "baomimg",
            "bapming",
            " 我 要 報名 ",
            "报 名",
            "报名。",
            "报名！！！",
            "我要报名书法班。",
            "我要报名書法班",
            "我想报名",
            "怎么报名",
            "怎么报名啊？",
            "请问怎么报名呀",
            "你好，我要报名",
            "老师我要报名",
            "什么时候报名",
            "哪里报名",
            "在哪里报名",
            "报名时间",
            "报报名",
            "我报名",
            "给我老伴报名",
            "报班",
            "報班",
            "我想学电子琴",
            "想学书法",
            "有什么课",
            "有哪些课程",
            "有什么班",
            "有啥课可以上",
            "今年有哪些班",
            "选课",
            "選課",
            "报",
            "bm",
            "老年大学怎么报",
            "我要报",
            "想报个唱歌的班",
            "还招生吗",
            "报名智在指尖",
            "帮我报个名吧报名",
            "课程",
            "我要学画画",
            "还能报吗",
            "保民",
            "报班级",
        ],
    ),
    (
        MyClasses,
        &[
            "上课时间",
            "上課時間",
            "商课时间",
            "上课的时间上课时间",
            "几点上课",
            "明天几点上课",
            "请问几点上课？",
            "几点开始上课",
            "什么时候上课",
            "啥时候上课",
            "在哪上课",
            "在哪里上课",
            "在哪上課",
            "哪里上课",
            "在那上课",
            "上课地点",
            "上课地址",
            "教室在哪",
            "教室在哪里",
            "我的课",
            "我的课程",
            "我的課程",
            "课表",
            "課表",
            "课程表",
            "下次课是什么时候",
            "今天有课吗",
            "明天上课吗",
            "书法班几点上课",
            "哪个教室",
            "shangkeshijian",
            "上课",
            "在哪",
            "几点",
            "什么时候",
            "星期几",
            "什么时候开课",
            "上课时简",
            "我的班在哪",
            "时间",
        ],
    ),
    (
        CheckIn,
        &[
            "签到",
            "簽到",
            "前到",
            "千到",
            "签道",
            "qiandao",
            "qian dao",
            "怎么签到",
            "请问怎么签到？",
            "扫码",
            "掃碼",
            "扫不了码",
            "打卡",
            "补签",
            "補簽",
            "忘记签到了",
            "签个到",
            "二维码扫不了",
            "qd",
            "我要签到。",
            "扫一扫",
        ],
    ),
    (
        Hours,
        &[
            "学时",
            "學時",
            "我的学时",
            "我的学时有多少",
            "学时多少",
            "雪时",
            "xueshi",
            "课时",
            "課時",
            "学分",
            "學分",
            "我上了多少课时",
            "学了几个小时",
            "查学时。",
        ],
    ),
    (
        Leave,
        &[
            "请假",
            "請假",
            "请价",
            "青假",
            "qingjia",
            "我要请假",
            "明天请假",
            "请个假",
            "明天来不了",
            "今天有事去不了",
            "明天不能来上课",
            "老师我请假一次",
            "请病假",
        ],
    ),
    (
        Withdraw,
        &[
            "退课",
            "退課",
            "推课",
            "腿课",
            "tuike",
            "退班",
            "我要退课",
            "不想上了",
            "不上了",
            "不学了",
            "取消报名",
            "取消報名",
            "不报名了",
            "怎么退课",
            "换班",
            "我想换个班",
            "退报名",
            "退",
        ],
    ),
    (
        Waiting,
        &["候补", "候補", "后补", "我排第几", "候补到了吗", "houbu", "排队排到哪了", "轮到我了吗"],
    ),
    (
        Person,
        &[
            "人工",
            "转人工",
            "人工服务",
            "客服",
            "电话",
            "電話",
            "电话多少",
            "打电话",
            "联系老师",
            "聯繫",
            "投诉",
            "提意见",
            "rengong",
            "找工作人员",
            "有人吗",
            "老师",
            "我要留言",
            "咨询",
            "任工",
        ],
    ),
    (Link, &["绑定", "綁定", "怎么绑定", "登录", "登陆", "关联账号"]),
    (News, &["新闻", "新聞", "看新闻", "有什么消息", "公告", "通知", "文章"]),
    (Thanks, &["谢谢", "謝謝", "谢谢老师", "好的", "收到", "知道了", "辛苦了", "ok", "嗯"]),
    (
        Help,
        &[
            "帮助",
            "幫助",
            "邦助",
            "bangzhu",
            "你好",
            "您好！",
            "怎么用",
            "不会用",
            "功能",
            "在吗",
            "1",
        ],
    ),
    (
        Unknown,
        &[
            "",
            "今天天气真好",
            "😀",
            "。。。",
            "可是我没有",
            "同志",
            "书法",
            "电子琴",
            "???",
            "水费",
            "强国",
        ],
    ),
];

#[test]
fn what_elders_type_is_understood() {
    let mut wrong = Vec::new();
    let mut phrases = 0;
    for (wanted, texts) in SAID {
        for text in *texts {
            phrases += 1;
            let read = read(text).intent;
            if read != *wanted {
                wrong.push(format!("{text}: {read:?}, not {wanted:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(phrases >= 150, "{phrases}");
}

#[test]
fn the_name_of_a_class_is_found_beside_what_is_wanted() {
    for (text, topic) in [
        ("我要报名书法班。", Some("书法")),
        ("我想学电子琴", Some("电子琴")),
        ("书法", Some("书法")),
        ("书法班几点上课", Some("书法")),
        ("请问智在指尖还能报吗", Some("智在指尖")),
        ("报名", None),
        ("怎么报名啊？", None),
        ("几点上课", None),
        ("签到", None),
        // Sounds like 建议 in the middle.
        ("智在指尖一班", Some("智在指尖一")),
    ] {
        assert_eq!(read(text).topic.as_deref(), topic, "{text}");
    }
    assert!(
        names("书法", "书法初级班") && names("書法", "书法初级班") && names("书发", "书法初级班")
    );
    assert!(names("书法初级班二", "书法初级班"));
    assert!(!names("声乐", "书法初级班"));
}

#[test]
fn who_tells_something_is_told_from_who_asks_for_something() {
    for text in [
        "教室太冷了，能不能把空调开一下",
        "王桂英上星期住院了这个学期都不来上课了",
        "上次签到的时候那台机器坏掉了没有签上",
    ] {
        assert!(read(text).tells, "{text}");
    }
    for text in ["报名", "我要报名书法班。", "老师，请问明天几点上课呀", "谢谢老师", "转人工"]
    {
        assert!(!read(text).tells, "{text}");
    }
}

#[test]
fn nothing_that_is_typed_is_too_long_or_too_odd() {
    for text in
        ["报名".repeat(5000), "\u{0}\u{fffe}".to_owned(), "ａ".repeat(4000), "班".repeat(999)]
    {
        let _question = read(&text);
    }
}
