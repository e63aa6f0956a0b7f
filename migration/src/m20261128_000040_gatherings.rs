//! Classes that are no courses: activities, volunteers' shifts, clubs. Projects, to which
//! classes and activities belong; what is said of an activity beyond a class.

use sea_orm_migration::prelude::*;

use crate::columns::{
    bare_table, big, flag, index, int, optional, reference, table, text, time, unique, word,
};
use crate::remake::run;

const KINDS: [&str; 4] = ["course", "activity", "shift", "club"];

const ACTIVITIES: [&str; 8] =
    ["vocational", "law", "farming", "reading", "lesson", "charity", "learning_week", "exhibition"];

/// The six of the plan of 2023, with what each is for.
const PROJECTS: [(&str, &str); 6] = [
    ("田园牧歌传乡音", "记下农耕文化的演变，让老手艺、老故事传下去。"),
    ("文化之美·童享乐趣", "孩子和老人一起学，一起玩，感受传统文化。"),
    ("乡风文明课堂", "移风易俗，邻里和睦，把文明课堂办到家门口。"),
    ("小常姐姐读书会", "每月共读一本书，大人孩子都来。"),
    ("寻农耕文化悟劳动之美", "下田、看农具、做农活，在劳动中学习。"),
    ("智在指尖", "帮老年人学会用智能手机，一年 5000 人次。"),
];

/// In the order in which they are made; undone in reverse.
const TABLES: [&str; 4] = ["project", "activity", "activity_count", "activity_photo"];

/// Of `class`.
const INDEXED: [&str; 2] = ["kind", "project_id"];

fn columns() -> Vec<(&'static str, ColumnDef)> {
    vec![
        ("term", flag("standing").default(false).take()),
        ("course", word("kind", &KINDS).default("course").take()),
        ("class", word("kind", &KINDS).default("course").take()),
        ("class", flag("open_door").default(false).take()),
        ("class", flag("credited").default(true).take()),
        // Names a project; SQLite cannot add a foreign key to a table that is there.
        ("class", optional(big("project_id"))),
    ]
}

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        for column in INDEXED {
            manager.create_index(index("class", &[column])).await?;
        }
        projects(manager).await?;
        let activity = bare_table("activity")
            .col(big("class_id").primary_key())
            .col(word("kind", &ACTIVITIES))
            .col(text("tags"))
            .col(text("programme"))
            .col(text("summary"))
            .col(optional(time("closed_at")))
            .col(optional(big("closed_by")))
            .foreign_key(&mut reference("activity", "class_id", "class"))
            .foreign_key(&mut reference("activity", "closed_by", "staff"))
            .check(Expr::cust("(closed_at IS NULL) = (closed_by IS NULL)"))
            .take();
        manager.create_table(activity).await?;
        let count = table("activity_count")
            .col(big("meeting_id"))
            .col(int("people").check(Expr::cust("people BETWEEN 0 AND 100000")).take())
            .col(text("how"))
            .col(big("staff_id"))
            .col(time("at"))
            .foreign_key(&mut reference("activity_count", "meeting_id", "meeting"))
            .foreign_key(&mut reference("activity_count", "staff_id", "staff"))
            .take();
        manager.create_table(count).await?;
        manager.create_index(index("activity_count", &["meeting_id"])).await?;
        let photo = table("activity_photo")
            .col(big("class_id"))
            .col(big("picture_id"))
            .col(text("caption"))
            .col(big("added_by"))
            .col(time("added_at"))
            .col(optional(time("removed_at")))
            .foreign_key(&mut reference("activity_photo", "class_id", "class"))
            .foreign_key(&mut reference("activity_photo", "picture_id", "picture"))
            .foreign_key(&mut reference("activity_photo", "added_by", "staff"))
            .take();
        manager.create_table(photo).await?;
        let once = unique("activity_photo", &["class_id", "picture_id"])
            .and_where(Expr::cust("removed_at IS NULL"))
            .take();
        manager.create_index(once).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES.iter().rev() {
            manager.drop_table(Table::drop().table(*table).take()).await?;
        }
        for column in INDEXED {
            let name = format!("ix_class_{column}");
            let drop = Index::drop().name(name).table("class").to_owned();
            manager.drop_index(drop).await?;
        }
        for (table, column) in columns().iter().rev() {
            let drop =
                Table::alter().table(*table).drop_column(column.get_column_name()).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

async fn projects(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let project = table("project")
        .col(text("name"))
        .col(text("aim"))
        .col(text("description"))
        .col(text("lead"))
        .col(int("place"))
        .col(flag("closed"))
        .take();
    manager.create_table(project).await?;
    manager.create_index(unique("project", &["name"])).await?;
    let rows: Vec<String> = (1..)
        .zip(PROJECTS)
        .map(|(place, (name, aim))| format!("('{name}', '{aim}', '', '', {place}, FALSE)"))
        .collect();
    let seed = format!(
        "INSERT INTO project (name, aim, description, lead, place, closed) VALUES {}",
        rows.join(", ")
    );
    run(manager, &[seed]).await
}
